"""The studies switch on what they say, and nothing else."""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from denoisebench.images.image_set import ImageFile
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainingStep
from denoisebench.registry.loader import load
from denoisebench.specs import parse_spec

FILE = Path(__file__).parents[2] / "examples" / "studies" / "bench_studies.py"
TASK = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
SIGMA = 25.0 / 255.0


@pytest.fixture(scope="module")
def studies() -> Iterator[ModuleType]:
    spec = importlib.util.spec_from_file_location("bench_studies", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_studies"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["bench_studies"]


class ScoreOfGray(nn.Module):
    """The score of noise of σ about 0.5, as the method wants it: in units of 1/σ."""

    multiple = 32

    def forward(self, seen: Tensor) -> Tensor:
        return -seen / 0.1  # what it sees has noise of a tenth


def denoised(studies: ModuleType, mistakes: object, network: nn.Module, noisy: Tensor) -> Tensor:
    found = studies.FailedNoise2Score().denoise(Model(mistakes, TASK, network), noisy, 25.0)
    assert isinstance(found, Tensor)
    return found


def noisy_gray() -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return 0.5 + SIGMA * torch.randn((1, 1, 256, 256), generator=rng)


def test_a_relu_on_a_perfect_score_leaves_half_the_energy_of_the_noise(studies: ModuleType):
    noisy = noisy_gray()
    network = nn.Sequential(ScoreOfGray(), nn.ReLU())
    network.multiple = 32
    before = noisy - 0.5
    mistakes = studies.Mistakes(relu=True, still=True)  # Tweedie's formula for the noise alone
    after = denoised(studies, mistakes, network, noisy) - 0.5
    gain_db = 10.0 * torch.log10(before.square().mean() / after.square().mean())
    assert gain_db.item() == pytest.approx(3.01, abs=0.05)
    assert bool((after >= before - 1e-6).all())  # it can only brighten


def test_the_relu_is_the_last_of_the_network(studies: ModuleType):
    plain = studies.FailedNoise2Score().network(studies.Mistakes(), TASK)
    rectified = studies.FailedNoise2Score().network(studies.Mistakes(relu=True), TASK)
    x = torch.randn((1, 1, 32, 32), generator=torch.Generator().manual_seed(0))
    rectified[0].load_state_dict(plain.state_dict())
    assert rectified.multiple == plain.multiple
    assert bool((plain(x) < 0).any())
    torch.testing.assert_close(rectified(x), plain(x).clamp_min(0.0))


def test_the_slow_one_starts_near_zero_and_with_pixels_that_have_a_gradient(
    studies: ModuleType,
):
    torch.manual_seed(0)
    network = studies.SlowlyFailedNoise2Score().network(studies.Mistakes(relu=True), TASK)
    x = torch.randn((1, 1, 64, 64), generator=torch.Generator().manual_seed(0))
    assert network[0](x).std().item() < 0.05
    assert bool((network(x) > 0).any())


def loss(studies: ModuleType, mistakes: object, batch: Batch, step: int) -> Tensor:
    model = Model(mistakes, TASK, ScoreOfGray())
    rng = torch.Generator().manual_seed(0)
    found = studies.FailedNoise2Score().loss(model, batch, TrainingStep(step, 100, 4), rng)
    assert isinstance(found, Tensor)
    return found


def batch() -> Batch:
    rng = torch.Generator().manual_seed(1)
    clean, noise = torch.rand((2, 4, 1, 32, 32), generator=rng)
    return Batch(clean + noise, clean, torch.full((4, 1, 1, 1), 25.0))


def test_the_still_probe_is_a_tenth_at_every_step(studies: ModuleType):
    still = studies.Mistakes(still=True)
    losses = [loss(studies, still, batch(), step) for step in (0, 50, 99)]
    assert torch.equal(losses[0], losses[1])
    assert torch.equal(losses[0], losses[2])
    at_end = studies.PAPER.loss(
        Model(still.config, TASK, ScoreOfGray()),
        batch(),
        TrainingStep(99, 100, 4),
        torch.Generator().manual_seed(0),
    )
    assert not torch.allclose(losses[2], at_end)


def test_only_what_is_trained_on_clean_images_may_see_them(studies: ModuleType):
    method, clean = studies.FailedNoise2Score(), studies.Mistakes(clean=True)
    assert method.evidence(clean) is Evidence.CLEAN
    assert method.evidence(studies.Mistakes(relu=True, still=True)) is Evidence.NOISY
    other = replace(batch(), noisy=torch.zeros((4, 1, 32, 32)))
    assert torch.equal(loss(studies, clean, batch(), 5), loss(studies, clean, other, 5))
    plain = studies.Mistakes()
    assert not torch.allclose(loss(studies, plain, batch(), 5), loss(studies, plain, other, 5))


def test_without_mistakes_it_is_noise2score(studies: ModuleType):
    ours = loss(studies, studies.Mistakes(), batch(), 5)
    model = Model(studies.Config(), TASK, ScoreOfGray())
    rng = torch.Generator().manual_seed(0)
    assert torch.equal(ours, studies.PAPER.loss(model, batch(), TrainingStep(5, 100, 4), rng))


def test_the_one_crop_lies_in_its_image_and_stays_where_it_is(studies: ModuleType):
    pixels = np.random.default_rng(0).random((1, 160, 200), dtype=np.float32)
    image = ImageFile("a.jpg", "0" * 64, lambda: pixels)
    crop = studies._cropped(image, 128).load()
    assert crop.shape == (1, 128, 128)
    windows = np.lib.stride_tricks.sliding_window_view(pixels[0], (128, 128))
    assert (windows == crop[0]).all(axis=(2, 3)).sum() == 1
    assert np.array_equal(studies._cropped(image, 128).load(), crop)


def test_one_crop_is_another_set_than_the_whole_images():
    registries = load([str(FILE)])
    crops = registries.image_set("one-crop", 1)
    whole = registries.image_set("cbsd399-gray")
    assert crops.spec == "one-crop:gray=True"
    assert len(crops.images) == 399
    assert crops.channels == 1
    assert crops.digest != whole.digest


@pytest.mark.parametrize("text", ["one-crop:size=8", "one-crop:gray=perhaps"])
def test_a_bad_crop_is_refused(studies: ModuleType, text: str):
    with pytest.raises(studies.UserError, match=r"one-crop\.(size|gray): "):
        studies.OneCrop().open(parse_spec(text))
