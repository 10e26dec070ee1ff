"""What bfloat16 changes in what the weights of the zoo denoise: next to nothing.

The figures of whole sets, a minute or two a line:

    .venv/bin/python -m pytest -m slow tests/methods/test_bf16_bounds.py -s
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from bf16 import bf16_hardware
from torch import nn

from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.nn.padding import in_float32, run_in_bf16
from denoisebench.noise.family import Noise
from denoisebench.plugin.method import Denoised, Model
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.scoring.metrics import psnr_db
from denoisebench.training.weights_file import load_into
from denoisebench.zoo.recipe_training import meaning, weights_file

MEAN_DB, IMAGE_DB = 0.002, 0.01
"""The largest changes of the mean over a set, and of one image."""

DBSN_MEAN_DB, DBSN_IMAGE_DB = 0.01, 0.02
"""The same for D-BSN, which has 1×1 convolutions by the dozen, one after the other."""

GRAY = [
    ("noise2score/gray-gaussian25", "gaussian:25"),
    ("noise2score/gray-gaussian-blind", "gaussian:5"),
    ("noise2score/gray-gaussian-blind", "gaussian:10"),
    ("noise2score/gray-gaussian-blind", "gaussian:50"),
    ("noise2score/gray-poisson-blind", "poisson:0.01"),
    ("noise2score/gray-gamma-blind", "gamma:100"),
    ("noise2noise/gray-gaussian25", "gaussian:25"),
    ("supervised/gray-gaussian25", "gaussian:25"),
    ("blindspot/gray-gaussian25", "gaussian:25"),
]
COLOUR = [
    ("noise2score/colour-gaussian25", "gaussian:25"),
    ("noise2noise/colour-gaussian25", "gaussian:25"),
    ("blindspot/colour-gaussian25", "gaussian:25"),
]


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def changes_db(
    name: str, noise: Noise, images: Iterator[Pixels], registries: Registries
) -> list[float]:
    """PSNR in bfloat16 less that in float32, image by image, with the weights of a recipe."""
    recipe = registries.recipe(name)
    meant, path = meaning(recipe, registries), weights_file(recipe, registries)
    assert path is not None
    network: nn.Module = meant.method.network(meant.config, meant.task)
    load_into(path, network)
    network = network.eval().requires_grad_(False)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for part in meant.method.parts_in_bf16(network):
        run_in_bf16(part, "cpu")
    model = Model(meant.config, meant.task, network)
    changes = []
    for clean in images:
        noisy, level = noise.noisy(clean, seed=0)
        found = []
        for exact, hardware in (
            (nullcontext(), bf16_hardware()),
            (in_float32(network), nullcontext()),
        ):
            told = level if meant.task.parameters == "known" else None
            with torch.no_grad(), exact, hardware:
                made = meant.method.denoise(model, torch.from_numpy(noisy)[None], told)
            image = made.image if isinstance(made, Denoised) else made
            assert image.dtype == torch.float32
            found.append(psnr_db(image.numpy()[0].clip(0.0, 1.0), clean, data_range=1.0))
        changes.append(found[0] - found[1])
    return changes


def crops(registries: Registries, channels: int) -> Iterator[Pixels]:
    """The middles of two photographs, (channels, 128, 128)."""
    for image in registries.image_set("samples", channels).images[:2]:
        pixels = image.load()
        top, left = ((side - 128) // 2 for side in pixels.shape[1:])
        yield np.ascontiguousarray(pixels[:, top : top + 128, left : left + 128])


@pytest.mark.parametrize(("name", "noise"), GRAY + COLOUR)
def test_on_parts_of_photographs(name: str, noise: str, registries: Registries) -> None:
    channels = 1 if "gray" in name else 3
    changes = changes_db(name, registries.noise(noise), crops(registries, channels), registries)
    assert any(changes)
    assert max(map(abs, changes)) <= IMAGE_DB


@pytest.mark.parametrize("name", ["dbsn/gray-gaussian25", "dbsn/colour-gaussian25"])
def test_on_parts_of_photographs_by_dbsn(name: str, registries: Registries) -> None:
    channels = 1 if "gray" in name else 3
    noise = registries.noise("gaussian:25")
    changes = changes_db(name, noise, crops(registries, channels), registries)
    assert any(changes)
    assert max(map(abs, changes)) <= DBSN_IMAGE_DB


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "noise", "of"),
    [
        *((*each, "set12") for each in [*GRAY, ("dbsn/gray-gaussian25", "gaussian:25")]),
        ("supervised/gray-gaussian25", "gaussian:25", "bsd68"),
        *((*each, "cbsd68") for each in COLOUR),
    ],
)
def test_on_a_whole_set(
    name: str,
    noise: str,
    of: str,
    registries: Registries,
    real_set: Callable[[str], ImageSet],
) -> None:
    images = (image.load() for image in real_set(of).images)
    changes = changes_db(name, registries.noise(noise), images, registries)
    mean, largest = float(np.mean(changes)), max(map(abs, changes))
    print(f"\n{name} on {of}, {noise}: mean {mean:+.5f} dB, largest {largest:.5f} dB")
    by_dbsn = name.startswith("dbsn")
    assert abs(mean) <= (DBSN_MEAN_DB if by_dbsn else MEAN_DB)
    assert largest <= (DBSN_IMAGE_DB if by_dbsn else IMAGE_DB)
