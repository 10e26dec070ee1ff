"""Values and scores as rows of one file: run, step, tag, value."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from denoisebench.errors import UserError
from denoisebench.files import append_line, ordinary_file, write_whole
from denoisebench.plugin.tracker import RunInfo, Tracker

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("run", "step", "tag", "value")


class CsvFile(Tracker):
    """Rows are added to the file; of a training that goes on, those beyond its checkpoint go."""

    name = "csv"
    summary = "csv:FILE: a row for each value of each step, and for the scores"

    def check(self, setting: str) -> None:
        if not setting:
            raise UserError("--track csv: give the file too, as csv:curves.csv")
        path = Path(setting)
        if path.exists() and _header(path) != _text([COLUMNS]):
            raise UserError(
                f"--track csv:{setting}: the file is there and is none of --track; give another"
            )

    def start(self, run: RunInfo) -> None:
        self._run, self._path = run.name, Path(run.setting)
        with self._alone():
            if not self._path.exists():
                append_line(self._path, _text([COLUMNS]))
            elif run.resumed_at is not None:
                self._forget_beyond(run.resumed_at)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        rows = [(self._run, step, tag, repr(float(value))) for tag, value in values.items()]
        with self._alone():
            append_line(self._path, _text(rows))

    def results(self, rows: "pd.DataFrame") -> None:
        first = rows.iloc[0]
        of = f"{first.dataset} {first.noise}"
        scores = [
            (self._run, "", f"test/{name} {of}", repr(float(rows[name].mean())))
            for name in ("psnr_db", "ssim")
        ]
        with self._alone():
            append_line(self._path, _text(scores))

    def end(self, outcome: Literal["done", "failed", "interrupted"]) -> None:
        """Each row is in the file already."""

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Workers share the file."""
        from filelock import FileLock

        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_name(f".{self._path.name}.lock")):
            yield

    def _forget_beyond(self, step: int) -> None:
        with ordinary_file(self._path).open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        kept = [r for r in rows if r[0] != self._run or not r[1].isdigit() or int(r[1]) <= step]
        if len(kept) < len(rows):
            write_whole(self._path, _text(kept).encode())


def _header(path: Path) -> str:
    with ordinary_file(path).open(newline="", encoding="utf-8", errors="replace") as file:
        return file.readline(100)


def _text(rows: Iterable[Iterable[object]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(rows)
    return lines.getvalue()
