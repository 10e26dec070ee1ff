"""Published figures, to show next to ours: `published/*.csv`, read once.

They were computed under the papers' own protocols; where that is one of ours, the file says so.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from denoisebench.plugin import number_text, parse_spec

FILES = (
    "noise2score_table2.csv",
    "noise2noise_official.csv",
    "dbsn_tables.csv",
    "blindspot_official.csv",
    "noise2noise_keras.csv",
)
"""If several files have a figure, a table's cell shows the first."""

Key = tuple[str, str, str, str]  # noise, parameters, dataset, method


@dataclass(frozen=True, slots=True)
class Figure:
    """A published PSNR and the paper it is from.

    protocol: the label of the one of ours that it was computed under; empty for another.  images:
    what was done to the data set's images first; empty for nothing.
    """

    psnr_db: float
    source: str
    protocol: str = ""
    images: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """A figure as a paper prints it.

    doubt: why it is not to be compared with, as the file has it of its flag; empty for no doubt.
    """

    noise: str
    parameters: str
    dataset: str
    method: str
    psnr_db: float
    doubt: str


def published(noise: str, parameters: str, dataset: str, method: str) -> Sequence[Figure]:
    """The published figures of a method with its default settings, the suite's first source first.

    noise, dataset, method: canonical specs; a method with settings of its own has no figure.
    """
    return _figures().get((noise, parameters, dataset, method), ())


def printed(name: str) -> tuple[str, Sequence[Printed]]:
    """The source of one of `FILES`, and all its figures in their order, those in doubt too."""
    return _parse(_text_of(name))


@cache
def _figures() -> Mapping[Key, Sequence[Figure]]:
    figures: defaultdict[Key, list[Figure]] = defaultdict(list)
    for name in FILES:
        for key, figure in _read(_text_of(name)):
            figures[key].append(figure)
    return dict(figures)


def _text_of(name: str) -> str:
    return (files("denoisebench_reports") / "published" / name).read_text(encoding="utf-8")


def _read(text: str) -> Iterator[tuple[Key, Figure]]:
    """The figures of one file that are in no doubt."""
    said = {word: rest for word, rest in _said(text).items() if word in ("protocol", "images")}
    source, figures = _parse(text)
    for each in figures:
        if not each.doubt:
            key = (each.noise, each.parameters, each.dataset, each.method)
            yield key, Figure(each.psnr_db, source, **said)


def _parse(text: str) -> tuple[str, list[Printed]]:
    """A file: `# source: …`, perhaps `# protocol: …` and `# images: …`, for each flag that a row
    has `# FLAG: why`, other comments, a header, then rows."""
    said = _said(text)
    _header, *rows = (line for line in text.splitlines() if not line.startswith("#"))
    figures = []
    for row in rows:
        noise, parameters, dataset, method, psnr_db, flag = row.split(",")
        doubt = said[flag] if flag else ""
        figures.append(
            Printed(_canonical(noise), parameters, dataset, method, float(psnr_db), doubt)
        )
    return said["source"], figures


def _said(text: str) -> dict[str, str]:
    """`# word: rest` of each comment."""
    comments = [line[2:].partition(": ") for line in text.splitlines() if line.startswith("# ")]
    return {word: rest for word, _, rest in comments}


def _canonical(noise: str) -> str:
    """The spec that results have of a noise: of `poisson-peak:30` that is `poisson:0.03333333333`.

    The papers count photons at white; the noise model of that name does the same conversion.
    """
    spec = parse_spec(noise)
    if spec.name != "poisson-peak":
        return noise
    peaks = spec.values[0].split("..")
    return "poisson:" + "..".join(number_text(1.0 / float(peak)) for peak in reversed(peaks))
