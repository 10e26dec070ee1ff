"""Which pixels are hidden from the network, and what it is shown in their place.

Every patch and every channel has its own hidden pixels, and takes replacements from itself alone.
Positions are tensors (B, C, K), one of each of K cells; nothing here waits for the device.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def cell_px(masked_percent: float) -> int:
    """The side of a cell, of whose pixels one is hidden."""
    return round(math.sqrt(100.0 / masked_percent))


def hide(
    noisy: Tensor, cell: int, radius: int, replacement: str, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Replace one pixel of each cell by what is around it.  noisy: (B, C, H, W).

    Returns the replaced image and the mask, 1 where a pixel was hidden, both of noisy's shape.  A
    pixel drawn in the part of a cell that sticks out of the patch is dropped.  Replacements are
    read from `noisy`, so that none is of another replacement.
    """
    height, width = noisy.shape[-2:]
    row, column = draw_pixels(noisy.shape, cell, rng)
    within = row.clamp_max(height - 1), column.clamp_max(width - 1)  # what else is dropped below
    values = REPLACEMENTS[replacement](noisy, *within, radius, rng)
    mask = _canvas(torch.ones_like(values), row, column, noisy, cell)
    return torch.where(mask > 0, _canvas(values, row, column, noisy, cell), noisy), mask


def hide_structure(
    seen: Tensor, mask: Tensor, structure: str, span: int, rng: torch.Generator
) -> Tensor:
    """Replace the pixels around each hidden one by uniform draws between the extremes of a patch.

    seen: an image with replaced pixels, (B, C, H, W).  mask: 1 at these, which stay as they are.
    structure: see `STRUCTURES`.  span: its length in pixels, odd.
    """
    around = torch.zeros_like(mask)
    for tall, wide in STRUCTURES[structure]:
        size = (span if tall else 1, span if wide else 1)
        half = (size[0] // 2, size[1] // 2)
        around = torch.maximum(around, F.max_pool2d(mask, size, stride=1, padding=half))
    least, most = seen.amin(dim=(2, 3), keepdim=True), seen.amax(dim=(2, 3), keepdim=True)
    u = torch.rand(seen.shape, generator=rng, device=rng.device)
    return torch.where((around > 0) & (mask == 0), least + u * (most - least), seen)


STRUCTURES: dict[str, tuple[tuple[bool, bool], ...]] = {
    "none": (),
    "row": ((False, True),),
    "column": ((True, False),),
    "cross": ((False, True), (True, False)),
    "square": ((True, True),),
}
"""By the name in the config: the parts of a structure, and whether each extends over rows and over
columns."""


def draw_pixels(shape: torch.Size, cell: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """One pixel of each cell of a patch (B, C, H, W), all alike likely: row, column, (B, C, K).

    Cells begin at the top left; those at the bottom and right may stick out, and so their pixels.
    """
    batch, channels, height, width = shape
    rows, columns = -(-height // cell), -(-width // cell)
    size = (2, batch, channels, rows, columns)
    draw = torch.randint(cell, size, generator=rng, device=rng.device)
    row = cell * torch.arange(rows, device=rng.device).view(-1, 1) + draw[0]
    column = cell * torch.arange(columns, device=rng.device) + draw[1]
    return row.flatten(2), column.flatten(2)


def _canvas(values: Tensor, row: Tensor, column: Tensor, like: Tensor, cell: int) -> Tensor:
    """An image as `like`, with values at the positions inside it and 0 elsewhere."""
    batch, channels, height, width = like.shape
    tall, wide = (-(-side // cell) * cell for side in (height, width))
    canvas = values.new_zeros(batch, channels, tall * wide)
    canvas.scatter_(2, row * wide + column, values)
    return canvas.view(batch, channels, tall, wide)[..., :height, :width]


def _read(image: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """The pixels at positions (B, C, ...) of an image (B, C, H, W)."""
    index = (row * image.shape[-1] + column).flatten(2)
    return image.flatten(2).gather(2, index).view(row.shape)


def _span(centre: Tensor, radius: int, side: int) -> tuple[Tensor, Tensor]:
    """First index and length of the window around `centre`, cropped at the edges."""
    first = (centre - radius).clamp_min(0)
    return first, (centre + radius).clamp_max(side - 1) - first + 1


def _uniform(
    noisy: Tensor, row: Tensor, column: Tensor, radius: int, rng: torch.Generator
) -> Tensor:
    """Any pixel of the window, the centre among them."""
    top, tall = _span(row, radius, noisy.shape[-2])
    left, wide = _span(column, radius, noisy.shape[-1])
    u, v = torch.rand((2, *row.shape), generator=rng, device=rng.device)
    return _read(noisy, top + (u * tall).long(), left + (v * wide).long())


def _uniform_without_centre(
    noisy: Tensor, row: Tensor, column: Tensor, radius: int, rng: torch.Generator
) -> Tensor:
    """Any pixel of the window but the centre."""
    top, tall = _span(row, radius, noisy.shape[-2])
    left, wide = _span(column, radius, noisy.shape[-1])
    u = torch.rand(row.shape, generator=rng, device=rng.device)
    number = (u * (tall * wide - 1)).long()  # in the window row by row, the centre left out
    number += (number >= (row - top) * wide + column - left).long()
    return _read(noisy, top + number // wide, left + number % wide)


def _around(noisy: Tensor, row: Tensor, column: Tensor, radius: int) -> tuple[Tensor, Tensor]:
    """The window without its centre, (B, C, K, n), and which of it is inside the image, 1 or 0."""
    height, width = noisy.shape[-2:]
    side = torch.arange(-radius, radius + 1, device=noisy.device)
    offsets = torch.cartesian_prod(side, side)
    middle = len(offsets) // 2
    down, across = torch.cat([offsets[:middle], offsets[middle + 1 :]]).T
    rows, columns = row[..., None] + down, column[..., None] + across
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    pixels = _read(noisy, rows.clamp(0, height - 1), columns.clamp(0, width - 1))
    return pixels, inside.to(noisy.dtype)


def _mean(noisy: Tensor, row: Tensor, column: Tensor, radius: int, rng: torch.Generator) -> Tensor:
    """The mean of the window without its centre."""
    del rng
    pixels, inside = _around(noisy, row, column, radius)
    return (pixels * inside).sum(dim=-1) / inside.sum(dim=-1)


def _median(
    noisy: Tensor, row: Tensor, column: Tensor, radius: int, rng: torch.Generator
) -> Tensor:
    """The median of the window without its centre: of an even number, halfway between two."""
    del rng
    pixels, inside = _around(noisy, row, column, radius)
    ranked = torch.where(inside > 0, pixels, math.inf).sort(dim=-1).values
    count = inside.sum(dim=-1, keepdim=True).long()
    both = ranked.gather(-1, torch.cat([(count - 1) // 2, count // 2], dim=-1))
    return both.mean(dim=-1)


def _gaussian(
    noisy: Tensor, row: Tensor, column: Tensor, radius: int, rng: torch.Generator
) -> Tensor:
    """A draw of N(mean, variance) of the window without its centre."""
    pixels, inside = _around(noisy, row, column, radius)
    count = inside.sum(dim=-1, keepdim=True)
    mean = (pixels * inside).sum(dim=-1, keepdim=True) / count
    variance = ((pixels - mean).square() * inside).sum(dim=-1, keepdim=True) / count
    u = torch.randn(row.shape, generator=rng, device=rng.device)
    return (mean + variance.sqrt() * u[..., None]).squeeze(-1)


Replacement = Callable[[Tensor, Tensor, Tensor, int, torch.Generator], Tensor]

REPLACEMENTS: dict[str, Replacement] = {
    "uniform": _uniform,
    "uniform-without-centre": _uniform_without_centre,
    "mean": _mean,
    "median": _median,
    "gaussian": _gaussian,
}
"""By the name in the config.  Each gives (B, C, K) values for the positions row, column."""
