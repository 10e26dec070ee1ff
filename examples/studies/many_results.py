"""Makes a folder of 10,000 results of 68 images each, given its name."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cell, write_cell

METHODS, NOISES, IMAGES = 200, 50, 68
A_CELL = Path(__file__).parents[2] / "docs/ablations/cells/213560d82c5e267e.json.gz"


def make(folder: Path) -> None:
    """Write them."""
    real = read_cell(A_CELL)
    assert len(real.scores) == IMAGES
    for cell in _cells(real):
        write_cell(folder, cell)


def _cells(real: CellResult) -> Iterator[CellResult]:
    """Cells of other methods and noises, made of a real one."""
    for number in range(METHODS * NOISES):
        method, noise = divmod(number, NOISES)
        id_ = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        yield replace(real, cell=id_, method=f"method{method:03}", noise=f"gaussian:{noise + 1}")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
