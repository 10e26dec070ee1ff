"""Published figures: a paper's table as a CSV file."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, get_args

from denoisebench.errors import UserError
from denoisebench.noise.draws import Draws

COLUMNS = ("noise", "parameters", "dataset", "method", "psnr_db", "flag")
"""Of a table's file."""

_HIGHEST_DB = 100.0
_TRAINING = re.compile(r"(\S+?)(?: (known|unknown))?: (?:([\d.]+) Mpx)?(?:, )?(?:(\w+) draws)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """A mean PSNR as a paper prints it.

    noise, dataset, method: specs; a method has its default settings, or those of the spec.
    parameters: `known` or `unknown`.  source: the paper and the table.  protocol: the label of the
    one here that it was computed under; empty for another.  images: what was done to the data set's
    images first; empty for nothing.  megapixels, draws (`fixed`, `fresh`): of the training; NaN and
    empty where they are not stated.  doubt: why it is not to be compared with; empty for no doubt.

    >>> figure = PublishedFigure(noise="gaussian:25", parameters="known", dataset="set12",
    ...     method="noise2score", psnr_db=30.13, source="Kim & Ye, NeurIPS 2021, Table 2")
    >>> figure.psnr_db, figure.protocol
    (30.13, '')
    """

    noise: str
    parameters: str
    dataset: str
    method: str
    psnr_db: float
    source: str
    protocol: str = ""
    images: str = ""
    megapixels: float = math.nan
    draws: str = ""
    doubt: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What a result has in common with it: noise, parameters, data set, method."""
        return self.noise, self.parameters, self.dataset, self.method


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The figures of a paper, in a CSV file: see docs/writing-a-plugin.md.

    name: of the table, as results do not have it.  file: beside the plugin.

    >>> PublishedTable("r2r-table1", Path("r2r_table1.csv")).name
    'r2r-table1'
    """

    name: str
    file: Path

    def read(self) -> Sequence[PublishedFigure]:
        """The figures, in the order of the file.

        Raises UserError, with the line, for a file that is not as it should be.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.file} cannot be read: {error}") from None
        return _File(self.file, text.splitlines()).figures()


class _Training(NamedTuple):
    megapixels: float
    draws: str


@dataclass(slots=True)
class _File:
    """A file's lines, and what its comments say."""

    path: Path
    lines: Sequence[str]
    said: dict[str, str] = field(default_factory=dict)
    trainings: dict[tuple[str, str], _Training] = field(default_factory=dict)

    def figures(self) -> Sequence[PublishedFigure]:
        for number, line in enumerate(self.lines, start=1):
            if line.startswith("# "):
                self._take_comment(line[2:], number)
        if "source" not in self.said:
            raise UserError(f"{self.path} does not say which paper it is of: `# source: PAPER`")
        found: dict[tuple[str, str, str, str], PublishedFigure] = {}
        for number, row in self._rows():
            figure = self._figure(row, number)
            if figure.place in found:
                raise self._wrong(number, f"{', '.join(figure.place)} is there twice")
            found[figure.place] = figure
        self._refuse_idle_trainings({figure.method for figure in found.values()})
        return tuple(found.values())

    def _take_comment(self, comment: str, number: int) -> None:
        """`word: rest`, or prose.  A training is `METHOD[ known]: 39322 Mpx, fixed draws`."""
        word, _, rest = comment.partition(": ")
        if word != "training":
            self.said[word] = rest
            return
        parts = _TRAINING.fullmatch(rest)
        if parts is None or not any(parts.groups()[2:]) or parts[4] not in (None, *get_args(Draws)):
            form = "`# training: METHOD: 39322 Mpx, fixed draws`"
            raise self._wrong(number, f"write {form}, fresh draws, or one of the two")
        training = _Training(float(parts[3] or math.nan), parts[4] or "")
        self.trainings[parts[1], parts[2] or ""] = training

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        """The rows beneath the header, with the numbers of their lines."""
        there = [(n, x) for n, x in enumerate(self.lines, start=1) if x and not x.startswith("#")]
        rows = zip((n for n, _ in there), csv.reader(x for _, x in there), strict=True)
        number, header = next(rows, (1, []))
        if tuple(header) != COLUMNS:
            raise self._wrong(number, f"the columns must be {','.join(COLUMNS)}")
        return rows

    def _figure(self, row: Sequence[str], number: int) -> PublishedFigure:
        if len(row) != len(COLUMNS):
            raise self._wrong(number, f"it has {len(row)} fields, not {len(COLUMNS)}")
        noise, parameters, dataset, method, printed, flag = row
        if parameters not in ("known", "unknown"):
            raise self._wrong(number, f"parameters {parameters!r}: give known or unknown")
        if flag and flag not in self.said:
            raise self._wrong(number, f"no line says what the flag means: `# {flag}: WHY`")
        either = self.trainings.get((method, ""), _Training(math.nan, ""))
        training = self.trainings.get((method, parameters), either)
        return PublishedFigure(
            noise=noise,
            parameters=parameters,
            dataset=dataset,
            method=method,
            psnr_db=self._psnr(printed, number),
            source=self.said["source"],
            protocol=self.said.get("protocol", ""),
            images=self.said.get("images", ""),
            megapixels=training.megapixels,
            draws=training.draws,
            doubt=self.said[flag] if flag else "",
        )

    def _psnr(self, text: str, number: int) -> float:
        try:
            psnr_db = float(text)
        except ValueError:
            psnr_db = math.nan
        if not 0.0 < psnr_db < _HIGHEST_DB:
            raise self._wrong(number, f"psnr_db {text!r} is no PSNR in dB")
        return psnr_db

    def _refuse_idle_trainings(self, methods: set[str]) -> None:
        for method, _ in self.trainings:
            if method not in methods:
                raise UserError(f"{self.path} has a training of {method} and no figure of it")

    def _wrong(self, number: int, why: str) -> UserError:
        return UserError(f"{self.path}, line {number}: {why}")
