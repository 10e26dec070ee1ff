"""The CSV file of a published table: its rows, and what its comments say."""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

from denoisebench.errors import UserError
from denoisebench.noise.draws import Draws
from denoisebench.plugin.published import COLUMNS, PublishedFigure

_HIGHEST_DB = 100.0
_TRAINING = re.compile(r"(\S+?)(?: (known|unknown))?: (?:([\d.]+) Mpx)?(?:, )?(?:(\w+) draws)?")


_Training = tuple[float, str]
"""Megapixels and draws."""


class PublishedFile:
    """A file's lines, and what its comments say."""

    def __init__(self, path: Path, lines: Sequence[str]) -> None:
        self.path, self.lines = path, lines
        self.said: dict[str, str] = {}
        self.trainings: dict[tuple[str, str], _Training] = {}

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
        megapixels, draws = float(parts[3] or math.nan), parts[4] or ""
        self.trainings[parts[1], parts[2] or ""] = megapixels, draws

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
        either = self.trainings.get((method, ""), (math.nan, ""))
        megapixels, draws = self.trainings.get((method, parameters), either)
        return PublishedFigure(
            noise=noise,
            parameters=parameters,
            dataset=dataset,
            method=method,
            psnr_db=self._psnr(printed, number),
            source=self.said["source"],
            protocol=self.said.get("protocol", ""),
            images=self.said.get("images", ""),
            megapixels=megapixels,
            draws=draws,
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
