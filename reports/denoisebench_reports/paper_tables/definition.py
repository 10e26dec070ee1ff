"""A table of a paper: a TOML file of this folder.

summary: of the report, which is named after the file.  title: of the page.  published: the tables
of published figures it is filled with, of which the first that has a figure counts.  protocol: the
label that results must have.  seed: theirs.  gap: two methods whose difference has a section.

Without `noises`, `datasets` and `columns` the table has those of its published figures, in their
order.  datasets: the rows.  noises: `noise`, the spec that results have; `typed`, the one that
people type, where it is another; `short`, its name in presets.  columns: `method`; `parameters`
(known by default); `draws` of its training (fixed by default); `family` of the noises that it is
for (all by default).  notes: sentences below the summary.

claims: conclusions of the paper, for another report: `title`, `text`, the column `one`, the
columns `others` that it is compared with, and `within_db`, how far below it may be (0 by default).

preset: the begin of the names of the presets of `bench run`, one for each noise and column; none
without it.  paper: what their summaries name.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from denoisebench.plugin import Preset, parse_spec

FIXED, FRESH = "fixed", "fresh"
"""How the noise of a column's training images is drawn: once, or anew at every step."""

TABLES = ("noise2score_table2", "neighbor2neighbor_table1")
"""The files, without their ending; a report each."""


class Column(NamedTuple):
    """A column of a table."""

    parameters: str
    method: str
    draws: str = FIXED


class TableNoise(NamedTuple):
    """A noise of a table.  noise: as results have it.  typed: as people do.  short: in presets."""

    noise: str
    typed: str
    short: str

    @property
    def family(self) -> str:
        return parse_spec(self.noise).name


class Claim(NamedTuple):
    """A conclusion of the paper: `one` is above each of `others`, or at most within_db below."""

    title: str
    text: str
    one: Column
    others: tuple[Column, ...]
    within_db: float = 0.0


@dataclass(frozen=True)
class Definition:
    """A table; see the top of the module.  columns: with the family that each is for, or empty."""

    name: str
    summary: str
    title: str
    published: tuple[str, ...]
    protocol: str
    seed: str
    gap: tuple[str, str]
    noises: tuple[TableNoise, ...] = ()
    datasets: tuple[str, ...] = ()
    columns: tuple[tuple[Column, str], ...] = ()
    notes: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    claims_title: str = ""
    preset: str = ""
    paper: str = ""

    @property
    def report(self) -> str:
        """The name of its report."""
        return self.name.replace("_", "-")

    @property
    def claims_report(self) -> str:
        """The name of the report of its claims."""
        return f"{self.report}-claims"

    def columns_of(self, noise: TableNoise) -> list[Column]:
        """The columns that a noise has; none if the published figures say which."""
        return [column for column, family in self.columns if family in ("", noise.family)]

    def title_of(self, noise: str) -> str:
        """A noise as people type it."""
        return next((n.typed for n in self.noises if n.noise == noise), noise)

    @property
    def presets(self) -> Iterator[Preset]:
        """A preset for each noise and column."""
        for noise in self.noises if self.preset else ():
            for column in self.columns_of(noise):
                yield self._preset(noise, column)

    def _preset(self, noise: TableNoise, column: Column) -> Preset:
        unknown = "-unknown" if column.parameters == "unknown" else ""
        fresh = f"-{FRESH}" if column.draws == FRESH else ""
        method = column.method.replace(":", "-").replace("=", "")
        settings = {
            "method": column.method,
            "noise": noise.typed,
            "parameters": column.parameters,
            "channels": "colour",
            "datasets": ",".join(self.datasets),
            "protocol": self.protocol.rpartition("-")[0],
        } | ({"draws": FRESH} if fresh else {})
        words = f", {column.draws} draws" if fresh else ""
        return Preset(
            name=f"{self.preset}-{noise.short}-{method}{unknown}{fresh}",
            summary=f"{column.method}, {noise.typed}, level {column.parameters}{words}, on"
            f" {', '.join(self.datasets)} ({self.paper})",
            settings=settings,
        )


@cache
def definition(name: str) -> Definition:
    """The table of a file."""
    text = (files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    said = tomllib.loads(text)
    first, second = said.pop("gap")
    noises = tuple(map(_noise, said.pop("noises", ())))
    columns = tuple(map(_column, said.pop("columns", ())))
    return Definition(
        name,
        published=tuple(said.pop("published", ())),
        gap=(first, second),
        noises=noises,
        datasets=tuple(said.pop("datasets", ())),
        columns=columns,
        notes=tuple(said.pop("notes", ())),
        claims=tuple(map(_claim, said.pop("claims", ()))),
        **said,
    )


def _noise(said: Mapping[str, Any]) -> TableNoise:
    return TableNoise(said["noise"], said.get("typed", said["noise"]), said["short"])


def _claim(said: Mapping[str, Any]) -> Claim:
    one, _ = _column(said["one"])
    others = tuple(_column(other)[0] for other in said["others"])
    return Claim(said["title"], said["text"], one, others, said.get("within_db", 0.0))


def _column(said: Mapping[str, Any]) -> tuple[Column, str]:
    column = Column(said.get("parameters", "known"), said["method"], said.get("draws", FIXED))
    return column, said.get("family", "")
