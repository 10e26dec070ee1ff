"""The scores of a cell so far, so that an interrupted one continues.

`OUT/cells/<cell id>.unfinished` has a line of JSON for each image and repeat that is done.  It goes
when the cell's result is there.
"""

from collections.abc import Mapping
from pathlib import Path

from denoisebench.files import append_line, ordinary_file
from denoisebench.results.records import ImageScore
from denoisebench.results.store import parse_score, score_line


class Unfinished:
    """The journal of one cell.  keep: whether to read and write it at all."""

    def __init__(self, out: Path, cell: str, *, keep: bool) -> None:
        self._path = out / "cells" / f"{cell}.unfinished"
        self._keep = keep

    def read(self) -> Mapping[tuple[str, int], ImageScore]:
        """The scores there are, by image and repeat; lines that a kill cut short are left out."""
        scores = {}
        if self._keep and self._path.exists():
            text = ordinary_file(self._path).read_text(encoding="utf-8", errors="replace")
            for line in text.splitlines():
                try:
                    score = parse_score(line)
                except ValueError:
                    continue
                scores[score.image, score.repeat] = score
        return scores

    def add(self, score: ImageScore) -> None:
        """Write a score down."""
        if self._keep:
            append_line(self._path, score_line(score))

    def remove(self) -> None:
        """The result is there."""
        if self._path.exists():  # a read-only folder refuses even to remove what is not there
            self._path.unlink(missing_ok=True)
