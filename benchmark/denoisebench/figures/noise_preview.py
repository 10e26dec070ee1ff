"""One picture of what a noise model does to an image: clean | noisy at several levels.

The noise is drawn on the whole image, as a run draws it, and the PSNR is that of the whole image,
not clipped: what `bench run` prints as noisy.  The picture shows the middle, pixel by pixel (a
resized image would show less noise), clipped to what a screen can show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.files import whole_file
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.scoring.metrics import psnr_db

SHOWN_PX = 320
"""The most of an image that a panel shows, in height and width."""

LEAST_PX = 160
"""A smaller image is shown with each pixel enlarged, to this and more."""

ACROSS = 4
"""Levels shown of a range."""

MARGIN_PX, TEXT_PX = 12, 18
INK, PALE = (0, 0, 0), (120, 120, 120)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One noisy image.  asked: whether its level is the one that was asked for."""

    noise: Noise
    noisy: Pixels
    noisy_psnr_db: float
    asked: bool


def levels_shown(noise: Noise) -> list[Noise]:
    """Levels that show what a noise is like, the requested one among them.

    A level: with half of it and twice (or halfway to the highest, if that is less), as far as the
    family has them.  A range: ACROSS levels, spread as its levels are, both ends among them, but
    from 0 the first is above it.
    """
    if noise.is_range:
        steps = np.linspace(0.0, 1.0, ACROSS) if noise.low else np.arange(1, ACROSS + 1) / ACROSS
        levels = [noise.low, noise.high, *(noise.level_quantile(float(u)) for u in steps[:-1])]
        levels = [level for level in levels if level > 0.0]
    else:
        family, level = noise.family, noise.low
        above = min(2.0 * level, 0.5 * (level + family.highest))
        near = [_rounded(level / 2.0), _rounded(above)]
        levels = [level, *(x for x in near if family.lowest <= x <= family.highest)]
    models = {str(model): model for model in (Noise(noise.family, x, x) for x in sorted(levels))}
    return list(models.values())


def draw_panels(clean: Pixels, noise: Noise, seed: int) -> list[Panel]:
    """The image (C, H, W) with the noise of each shown level.  UserError when a plugin fails."""
    panels = []
    for model in levels_shown(noise):
        try:
            with plugin_code(model.family.name):
                noisy, _ = model.noisy(clean, seed=seed)
        except PluginError as error:
            raise UserError(str(error)) from error
        asked = noise.is_range or str(model) == str(noise)
        panels.append(Panel(model, noisy, psnr_db(noisy, clean, data_range=1.0), asked))
    return panels


def write_picture(path: Path, name: str, clean: Pixels, panels: Sequence[Panel]) -> None:
    """Write the clean image and the panels side by side as one PNG.  UserError when it cannot be.

    name: of the clean image.
    """
    if path.suffix.lower() != ".png":
        raise UserError(f"--out {path}: the picture is a PNG; give a name that ends in .png")
    cells = [_cell(["clean", name], clean, INK)]
    for panel in panels:
        lines = [str(panel.noise), decibels(panel.noisy_psnr_db)]
        cells.append(_cell(lines, panel.noisy, INK if panel.asked else PALE))
    picture = _side_by_side(cells)
    with whole_file(path) as file:
        picture.save(file, format="png")


def decibels(noisy_psnr_db: float) -> str:
    """A noisy PSNR for a reader."""
    return "no noise" if noisy_psnr_db == float("inf") else f"{noisy_psnr_db:.2f} dB"


def _rounded(level: float) -> float:
    return float(f"{level:.3g}")


def _cell(lines: Sequence[str], pixels: Pixels, ink: tuple[int, int, int]) -> Image.Image:
    """The middle of an image under its label, on white."""
    font = ImageFont.load_default(TEXT_PX)
    picture = Image.fromarray(_eight_bit(pixels))
    scale = max(1, -(-LEAST_PX // max(picture.size)))
    picture = picture.resize((picture.width * scale, picture.height * scale), 0)
    line_px = round(1.35 * TEXT_PX)
    width = max(picture.width, *(int(font.getlength(line)) + 1 for line in lines))
    cell = Image.new(
        "RGB", (width, picture.height + len(lines) * line_px + MARGIN_PX // 2), "white"
    )
    draw = ImageDraw.Draw(cell)
    for number, line in enumerate(lines):
        draw.text((0, number * line_px), line, fill=ink, font=font)
    cell.paste(picture, (0, cell.height - picture.height))
    return cell


def _eight_bit(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """The middle of (C, H, W), clipped and rounded for the screen: (h, w, 3)."""
    height, width = (min(side, SHOWN_PX) for side in pixels.shape[1:])
    top, left = (pixels.shape[1] - height) // 2, (pixels.shape[2] - width) // 2
    middle = pixels[:, top : top + height, left : left + width]
    levels = np.rint(middle.clip(0.0, 1.0) * 255.0).astype(np.uint8)
    colour = np.broadcast_to(levels, (3, *levels.shape[1:]))
    return np.ascontiguousarray(colour.transpose(1, 2, 0))


def _side_by_side(cells: Sequence[Image.Image]) -> Image.Image:
    """All of one height, with a white margin around each."""
    width = sum(cell.width + MARGIN_PX for cell in cells) + MARGIN_PX
    strip = Image.new("RGB", (width, cells[0].height + 2 * MARGIN_PX), "white")
    left = MARGIN_PX
    for cell in cells:
        strip.paste(cell, (left, MARGIN_PX))
        left += cell.width + MARGIN_PX
    return strip
