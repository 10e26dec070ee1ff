"""The pictures that runs saved (`--save-images`), read for a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from denoisebench.errors import UserError, unknown_name
from denoisebench.figures.image_figure import Panel, Pixels8, Row
from denoisebench.files import file_names, ordinary_file
from denoisebench.results.records import CellResult, ImageScore

HINT = "a run with --save-images saves them"


class Triple(NamedTuple):
    """One image of a cell."""

    noisy: Pixels8
    denoised: Pixels8
    clean: Pixels8


def rows_of(cells: Sequence[CellResult], folder: Path, images: Sequence[str]) -> list[Row]:
    """A row for each image, with the methods of the cells in order.

    cells: of one noise, level knowledge, set and protocol; of several seeds the first counts.
    images: ids, or ids without ending; none of them for the first one of the set.  Raises UserError
    for cells of several conditions, for an unknown image, and where no pictures are saved.
    """
    of_method = {cell.method: cell for cell in reversed(cells)}
    methods = [of_method[method] for method in dict.fromkeys(cell.method for cell in cells)]
    conditions = {condition_of(cell) for cell in cells}
    if len(conditions) > 1:
        words = "; ".join(sorted(", ".join(condition) for condition in conditions))
        raise UserError(f"choose one of these with --noise and --dataset: {words}")
    folders = {c.cell: _folder(folder, c.cell) for c in methods}
    pictured = [c for c in methods if folders[c.cell] is not None]
    if not pictured:
        raise UserError(f"no pictures of these results are under {folder}; {HINT}")
    ids = list(dict.fromkeys(score.image for score in pictured[0].scores))
    files = file_names(ids)
    wanted = [_image(name, ids) for name in images] or ids[:1]
    return [_row(image, files[image], pictured, folders) for image in wanted]


def condition_of(cell: CellResult) -> tuple[str, str, str, str]:
    """Results of different ones are never in one figure."""
    return cell.noise, cell.parameters, cell.dataset, cell.protocol


def _folder(out: Path, cell: str) -> Path | None:
    return next(iter(sorted((out / "pictures").glob(f"*/*/*-{cell}"))), None)


def _image(name: str, ids: Sequence[str]) -> str:
    """The id that a name means."""
    found = [image for image in ids if name in (image, Path(image).stem)]
    if not found:
        raise unknown_name("image", name, ids)
    return found[0]


def _row(
    image: str, file: str, cells: Sequence[CellResult], folders: Mapping[str, Path | None]
) -> Row:
    scores = [_score(cell, image) for cell in cells]
    triples = [_triple(folders[cell.cell], file) for cell in cells]
    best = max(round(score.psnr_db, 2) for score in scores)
    panels = [
        Panel(cell.method, _figures(score), triple.denoised, round(score.psnr_db, 2) == best)
        for cell, score, triple in zip(cells, scores, triples, strict=True)
        if cell.method != "identity"
    ]
    noisy = Panel("noisy", f"{scores[0].noisy_psnr_db:.2f} dB", triples[0].noisy)
    clean = Panel("clean", "PSNR / SSIM", triples[0].clean)
    return Row(image, [noisy, *panels, clean])


def _score(cell: CellResult, image: str) -> ImageScore:
    return next(score for score in cell.scores if score.image == image)


def _figures(score: ImageScore) -> str:
    return f"{score.psnr_db:.2f} dB / {score.ssim:.3f}"


def _triple(folder: Path | None, file: str) -> Triple:
    """Noisy, denoised and clean of one file.  Raises UserError if it is missing or damaged."""
    from PIL import Image, UnidentifiedImageError

    assert folder is not None
    path = folder / f"{file}.png"
    try:
        with Image.open(ordinary_file(path)) as strip:
            pixels = np.asarray(strip.convert("RGB"))
    except FileNotFoundError:
        raise UserError(f"there is no picture {path}; {HINT}") from None
    except (OSError, UnidentifiedImageError):
        raise UserError(f"the picture {path} is damaged; delete its folder, {HINT}") from None
    width = pixels.shape[1] // 3
    noisy, denoised, clean = (pixels[:, n * width : (n + 1) * width] for n in range(3))
    return Triple(noisy, denoised, clean)
