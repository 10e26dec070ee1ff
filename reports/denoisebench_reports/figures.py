"""Published figures, to stand beside ours: `published/*.csv`, read once.

They were computed under the papers' own protocols; where that is one of ours, the file says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from denoisebench.specs import number_text, parse_spec

FILES = (
    "noise2score_table2.csv",
    "noise2noise_official.csv",
    "dbsn_tables.csv",
    "blindspot_official.csv",
    "noise2noise_keras.csv",
)
"""Where two files have a figure, the earlier one counts."""

Key = tuple[str, str, str, str]  # noise, parameters, dataset, method


@dataclass(frozen=True, slots=True)
class Figure:
    """A published PSNR and the paper it is from.

    protocol: the label of the one of ours that it was computed under; empty for another.
    """

    psnr_db: float
    source: str
    protocol: str = ""


def published(noise: str, parameters: str, dataset: str, method: str) -> Figure | None:
    """The published figure of a method with its default settings, or None.

    noise, dataset, method: canonical specs; a method with settings of its own has no figure.
    """
    return _figures().get((noise, parameters, dataset, method))


@cache
def _figures() -> Mapping[Key, Figure]:
    figures: dict[Key, Figure] = {}
    for name in FILES:
        text = (files("denoisebench_reports") / "published" / name).read_text(encoding="utf-8")
        for key, figure in _read(text):
            figures.setdefault(key, figure)
    return figures


def _read(text: str) -> Iterator[tuple[Key, Figure]]:
    """The figures of one file: `# source: …`, perhaps `# protocol: …`, other comments, a header,
    then rows.

    A row flagged `misprint` is left out.
    """
    comments = [line for line in text.splitlines() if line.startswith("#")]
    source = comments[0].removeprefix("# source: ")
    protocols = [c.removeprefix("# protocol: ") for c in comments if c.startswith("# protocol: ")]
    _header, *rows = (line for line in text.splitlines() if not line.startswith("#"))
    for row in rows:
        noise, parameters, dataset, method, psnr_db, flag = row.split(",")
        if flag != "misprint":
            key = (_canonical(noise), parameters, dataset, method)
            yield key, Figure(float(psnr_db), source, *protocols)


def _canonical(noise: str) -> str:
    """The spec that results have of a noise: of `poisson-peak:30` that is `poisson:0.03333333333`.

    The papers count photons at white; the noise model of that name does the same conversion.
    """
    spec = parse_spec(noise)
    if spec.name != "poisson-peak":
        return noise
    peaks = spec.values[0].split("..")
    return "poisson:" + "..".join(number_text(1.0 / float(peak)) for peak in reversed(peaks))
