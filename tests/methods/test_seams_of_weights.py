"""Tiles of an image show nowhere in what the bundled weights denoise: the largest differences from
the whole image, a quarter of an hour:

    .venv/bin/python -m pytest -m slow tests/methods/test_seams_of_weights.py -s
"""

from contextlib import nullcontext
from functools import cache

import numpy as np
import pytest
import torch
from bf16 import bf16_hardware
from torch import Tensor

from denoisebench.denoising.denoiser import Denoiser, load_denoiser
from denoisebench.denoising.tiling import tiled
from denoisebench.nn.devices import Precision
from denoisebench.plugin.method import Denoised
from denoisebench.registry.loader import load
from denoisebench.zoo.recipe_training import meaning, weights_file

pytestmark = pytest.mark.slow

REGISTRIES = load()
SIZE = (520, 450)
CORES_PX = (128, 224, 352)
MOST: dict[Precision, float] = {"fp32": 1e-4, "bf16": 0.5 / 255.0}
"""The largest difference of a pixel."""

ROUNDING = 1e-7
"""Of float32, beyond which a mean would be larger at seams than elsewhere."""

NEAR_PX = 4
"""Pixels of a seam, on each side."""


def shipped() -> list[str]:
    """The recipes whose weights are bundled."""
    paths = {name: weights_file(recipe, REGISTRIES) for name, recipe in REGISTRIES.recipes.items()}
    return sorted(name for name, path in paths.items() if path is not None and path.exists())


def loaded(name: str, precision: Precision) -> Denoiser:
    recipe = REGISTRIES.recipe(name)
    meant, path = meaning(recipe, REGISTRIES), weights_file(recipe, REGISTRIES)
    assert path is not None
    return load_denoiser(meant.method, meant.config, meant.task, path, "cpu", precision)


@cache
def clean(channels: int) -> np.ndarray:
    """Waves, edges and flat parts."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]].astype(np.float32)
    waves = 0.5 + 0.2 * np.sin(x / 9) * np.cos(y / 23) + 0.2 * np.sign(np.sin((x + 2 * y) / 61))
    waves[200:330, 100:260] = 0.35
    return np.stack([np.roll(waves, 5 * c, axis=1) for c in range(channels)])


def near_seams(core_px: int) -> Tensor:
    """Which pixels lie near a border of two tiles, (H, W)."""
    rows, columns = (
        (torch.arange(side) % core_px + NEAR_PX) % core_px < 2 * NEAR_PX for side in SIZE
    )
    rows[:NEAR_PX] = columns[:NEAR_PX] = False
    return rows[:, None] | columns


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("name", shipped())
def test_tiles_are_not_seen(name: str, precision: Precision) -> None:
    denoiser = loaded(name, precision)
    task, tiling = denoiser.task, denoiser.tiling
    assert tiling is not None
    noisy, level = task.noise.noisy(clean(task.channels), seed=0)
    image = torch.from_numpy(noisy)[None]
    told = level if task.parameters == "known" or tiling.needs_level else None
    emulated = bf16_hardware() if precision == "bf16" else nullcontext()
    with torch.no_grad(), emulated:
        whole = denoiser(image, told)
        for core_px in CORES_PX:
            made = tiled(denoiser.for_tiles_of(image), tiling, core_px)(image, told).image
            apart = (made - (whole.image if isinstance(whole, Denoised) else whole)).abs()[0]
            most, near = apart.amax(dim=0), near_seams(core_px)
            print(
                f"\n{name}, {precision}, tiles of {core_px}: at most {255 * most.max():.1e} of 255;"
                f" mean at seams {255 * apart[:, near].mean():.1e},"
                f" elsewhere {255 * apart[:, ~near].mean():.1e}"
            )
            assert most.max() <= MOST[precision]
            assert apart[:, near].mean() <= 1.2 * apart[:, ~near].mean() + ROUNDING
