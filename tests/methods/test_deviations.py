"""What one rule of evaluation is worth in dB: a fixed denoiser on CBSD68 at σ = 25.

Run with `pytest -m slow` and DENOISEBENCH_DATA (a few minutes).  The denoiser is scikit-image's
denoise_tv_chambolle(weight=0.1), which `tv:weight=1.02` is at this level.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bench import make_images
from protocols import get_protocol
from skimage.restoration import denoise_tv_chambolle
from torch import Tensor

from classical.skimage_filters import Tv, TvConfig
from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.execution.evaluation import evaluate
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import pixel_hash
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.method import Denoised, Task
from denoisebench.results.journal import Unfinished
from denoisebench.results.records import ImageScore
from denoisebench.results.saved_images import Saver
from denoisebench.scoring.average import psnr_of_images
from denoisebench.scoring.statistics import mean_of
from denoisebench.specs import parse_spec
from denoisebench_datasets.local.folder import FolderSource

NOISE = Noise(Gaussian(), 25.0, 25.0)
CONFIG = TvConfig(weight=1.02)
FLOAT_DB = 27.01


Remembered = dict[str, Tensor | Denoised]  # by the noisy image's hash, what it was denoised to


@pytest.fixture(scope="module")
def remembered() -> Remembered:
    return {}


def scores(image_set: ImageSet, protocol: str, remembered: Remembered) -> list[ImageScore]:
    cell = CellPlan(
        method=Tv(),
        config=CONFIG,
        task=Task(NOISE, "known", image_set.channels),
        noise=NOISE,
        parameters="known",
        image_set=image_set,
        protocol=get_protocol(protocol),
        seed=0,
        labels=dict.fromkeys(("evidence", "draws", "train_set", "budget", "weights"), ""),
        source="",
        training=None,
        given=None,
    )
    denoise = load_denoiser(cell.method, cell.config, cell.task, None, "cpu", "fp32")

    def once(noisy: Tensor, level: float | None) -> Tensor | Denoised:
        key = pixel_hash(noisy.numpy())
        if key not in remembered:
            remembered[key] = denoise(noisy, level)
        return remembered[key]

    return evaluate(
        cell,
        [image.read() for image in image_set.images],
        once,
        device="cpu",
        saver=Saver(cell, Path("unused")),
        journal=Unfinished(Path("unused"), cell.id, keep=False),
        progress=lambda _: None,
    )


def figure(image_set: ImageSet, protocol: str, remembered: Remembered) -> float:
    """The figure of a set, averaged as the protocol has it."""
    found = [(score.image, score.psnr_db) for score in scores(image_set, protocol, remembered)]
    return mean_of(psnr_of_images(found, str(get_protocol(protocol))).values()).value


def test_the_denoiser_is_that_of_scikit_image_with_weight_a_tenth(tmp_path: Path) -> None:
    image_set = FolderSource().open(parse_spec(f"folder:{make_images(tmp_path / 'x', 2)}"))
    for image, score in zip(image_set.images, scores(image_set, "float", {}), strict=True):
        clean = image.load()
        made = denoise_tv_chambolle(NOISE.noisy(clean, seed=0)[0][0].astype(float), weight=0.1)
        expected = -10 * np.log10(np.mean((made.clip(0, 1) - clean[0]) ** 2))
        assert score.psnr_db == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "protocol", "shift_db"),
    [
        ("cbsd68", "float", 0.0),
        ("cbsd68", "float:noisy=8-bit", -0.37),
        ("cbsd68", "float:average=mse", -0.74),
        ("cbsd68", "float:channels=luma", 2.02),
        ("cbsd68:size=256", "float", 0.79),
    ],
)
def test_a_rule_shifts_the_figure_by_what_is_known_of_it(
    real_set: Callable[[str], ImageSet],
    remembered: Remembered,
    dataset: str,
    protocol: str,
    shift_db: float,
) -> None:
    measured = figure(real_set(dataset), protocol, remembered)
    assert measured == pytest.approx(FLOAT_DB + shift_db, abs=0.03)
