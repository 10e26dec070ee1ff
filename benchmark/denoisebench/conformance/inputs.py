"""The images that are shown to what is checked: made in memory, the same each time."""

import numpy as np

from denoisebench.images.pixels import Pixels


def picture(channels: int, height: int, width: int, seed: int = 0) -> Pixels:
    """A picture of waves and edges in [0.1, 0.9].  Returns (C, H, W)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    made = np.empty((channels, height, width))
    for channel in made:
        a, b, c, d = rng.uniform(0.05, 0.25, 4)
        waves = np.sin(a * rows + b * columns) * np.cos(c * rows - d * columns)
        edges = (rows * d + columns * a) % 4.0 < 2.0
        channel[:] = 0.5 + 0.25 * waves + np.where(edges, 0.15, -0.15)
    return made.astype(np.float32)


def slope(channels: int, height: int, width: int) -> Pixels:
    """A picture without detail, from 0.2 to 0.8.  Returns (C, H, W)."""
    rows = np.linspace(0.2, 0.6, height)[:, None]
    columns = np.linspace(0.0, 0.2, width)
    return np.broadcast_to(rows + columns, (channels, height, width)).astype(np.float32)
