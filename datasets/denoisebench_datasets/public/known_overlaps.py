"""Known overlaps between the sets of this package (`shares.csv`).

The table is what `overlap.find_overlap` found on the real files; each pair of sets is listed once
and read in both directions.
"""

from collections.abc import Collection
from functools import cache

from denoisebench.plugin import Share
from denoisebench_datasets.public.tables import table


def shares_of(set_name: str, images: Collection[str]) -> tuple[Share, ...]:
    """The recorded overlaps of a set (a base name, as in the tables), for its `images`."""
    return tuple(share for share in _all_shares().get(set_name, ()) if share.image in images)


@cache
def _all_shares() -> dict[str, list[Share]]:
    sha256 = {(row["set"], row["image"]): row["sha256"] for row in table("catalog.csv")}
    sha256 |= {("samples", row["image"]): row["sha256"] for row in table("samples.csv")}
    shares: dict[str, list[Share]] = {}
    for row in table("shares.csv"):
        one, other = (row["set"], row["image"]), (row["other_set"], row["other_image"])
        for (name, image), there in ((one, other), (other, one)):
            share = Share(image, "/".join(there), sha256[there], row["how"])
            shares.setdefault(name, []).append(share)
    return shares
