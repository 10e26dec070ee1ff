"""The tables bundled with this package: files of the public sets, samples, recorded overlaps."""

import csv
from functools import cache
from importlib.resources import files


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file of this package, in its order; column -> text."""
    text = files("denoisebench_datasets.public").joinpath(name).read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
