"""The picture of README.md: a crop as methods denoise it, with each one's PSNR in decibels.

    bench compare --methods tv,dbsn,blindspot,noise2score --datasets samples \\
        --save-images --out picture
    python examples/studies/readme_picture.py picture docs/picture.webp

Rows are photographs of scikit-image, columns the noisy image, each method and the clean image.
PSNR is that of the whole image, from the stored results.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from denoisebench.results.records import CellResult
from denoisebench.results.store import read_cells

CROPS = {"astronaut": (150, 30), "chelsea": (90, 60), "coffee": (60, 200)}
"""Left and upper corner of the crop of each photograph."""
SIDE_PX, GAP_PX, LINE_PX = 168, 6, 22
METHODS = ("tv", "dbsn", "blindspot", "noise2score")


def parts(path: Path) -> Sequence[Image.Image]:
    """A saved picture in its three parts: noisy, denoised, clean."""
    whole = Image.open(path).convert("RGB")
    width = whole.width // 3
    return [whole.crop((k * width, 0, (k + 1) * width, whole.height)) for k in range(3)]


def crops(folder: Path, cells: Mapping[str, CellResult], image: str) -> list[Image.Image]:
    """The crop of the noisy image, of each method's estimate, and of the clean image."""
    left, top = CROPS[image]
    box = (left, top, left + SIDE_PX, top + SIDE_PX)
    shown = [parts(picture(folder, cells[method], image)) for method in METHODS]
    noisy, clean = shown[0][0], shown[0][2]
    return [part.crop(box) for part in (noisy, *(three[1] for three in shown), clean)]


def picture(folder: Path, cell: CellResult, image: str) -> Path:
    (path,) = folder.glob(f"pictures/*/*/{cell.method}-{cell.cell}/{image}.png")
    return path


def captions(cells: Mapping[str, CellResult], image: str) -> list[str]:
    """`20.2 dB` for the noisy image and each estimate; nothing for the clean one."""
    scores = [next(s for s in cells[m].scores if Path(s.image).stem == image) for m in METHODS]
    figures = [scores[0].noisy_psnr_db, *(score.psnr_db for score in scores)]
    return [f"{psnr_db:.1f} dB" for psnr_db in figures] + [""]


def main(folder: Path, out: Path) -> None:
    cells = {cell.method: cell for cell in read_cells(folder)}
    columns, step = len(METHODS) + 2, SIDE_PX + GAP_PX
    size = (columns * step - GAP_PX, LINE_PX + len(CROPS) * (step + LINE_PX))
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
    for column, name in enumerate(("noisy (gaussian:25)", *METHODS, "clean")):
        draw.text((column * step + SIDE_PX / 2, 2), name, "black", font, anchor="ma")
    for row, image in enumerate(CROPS):
        top = LINE_PX + row * (step + LINE_PX)
        texts = captions(cells, image)
        for column, crop in enumerate(crops(folder, cells, image)):
            sheet.paste(crop, (column * step, top))
            middle = (column * step + SIDE_PX / 2, top + SIDE_PX + 3)
            draw.text(middle, texts[column], "black", font, anchor="ma")
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(out, quality=82, method=6)
    print(f"{out}: {np.asarray(sheet).shape}, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
