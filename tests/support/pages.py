"""A folder of made-up results, with pictures of flat halves, for the page to show."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from denoisebench.results.records import CellResult
from denoisebench.results.store import write_cell

HEIGHT, WIDTH = 24, 32
NOISY, CLEAN = (90, 95), (100, 150)
METHODS: Mapping[str, tuple[int, int]] = {"alpha": (40, 60), "beta": (200, 220)}
"""The gray of the left and of the right half of each image, in 0..255."""

MakeCell = Callable[..., CellResult]


def strip(*split_in_halves: tuple[int, int]) -> Image.Image:
    """Images side by side, each of two gray halves."""
    columns = [level for pair in split_in_halves for level in pair for _ in range(WIDTH // 2)]
    return Image.fromarray(np.tile(np.array(columns, dtype=np.uint8), (HEIGHT, 1)))


def save_pictures(out: Path, cell: CellResult, denoised: tuple[int, int]) -> None:
    """The pictures of a cell, named as a run names them."""
    folder = out / "pictures" / cell.dataset / "gaussian_25" / f"{cell.method}-{cell.cell}"
    folder.mkdir(parents=True)
    for score in cell.scores:
        strip(NOISY, denoised, CLEAN).save(folder / f"{score.image}.png")


def save_results(
    out: Path, make_cell: MakeCell, psnr_db: Mapping[str, Sequence[float]], dataset: str = "set12"
) -> list[CellResult]:
    """A cell of each method on a set, with pictures; the methods are those of `METHODS`."""
    cells = []
    for number, (method, values) in enumerate(psnr_db.items()):
        cell = make_cell(values, cell=f"{dataset}{number}", method=method, dataset=dataset)
        write_cell(out, cell)
        save_pictures(out, cell, METHODS[method])
        cells.append(cell)
    return cells
