"""Noise2Noise's losses: what each finds, which the noise asks for, what is warned about."""

import pytest
import torch
from torch import Tensor, nn

from denoisebench.nn.regression import RegressionConfig
from denoisebench.nn.regression_losses import absolute, annealed_gamma, power, squared
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Batch, Model, Task, TrainingStep
from noise2noise import Noise2Noise
from supervised import Supervised

LOSSES = {"mean": "mse", "median": "mae", "mode": "l0"}


class Odd(NoiseFamily):
    """A noise that says what it keeps."""

    name, summary, symbol, unit = "odd", "", "q", "percent"
    lowest, highest = 0.0, 100.0
    blind = (0.0, 100.0)

    def __init__(self, preserves):
        self.preserves = preserves

    def sample(self, clean, level, stream):
        raise AssertionError("not sampled here")

    def observed(self, noisy):
        return (noisy != 0).any(dim=1, keepdim=True) if self.preserves == "pixels" else None


class Added(nn.Module):
    """The same number everywhere, whatever it sees."""

    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return torch.zeros_like(x) + self.value


def task(preserves, target=None):
    noise = Noise(Odd(preserves), 50.0, 50.0)
    return Task(noise, "known", 1, Noise(Odd(target), 1.0, 1.0) if target else None)


def loss_at(method, where, config, target, share=0.0, value=0.0):
    """The loss of patches predicted as ½ + value."""
    network = Added()
    network.value.data.fill_(10.0 * value)
    seen = torch.full(target.shape, 0.5)
    moment = TrainingStep(round(100 * share), 100, len(target))
    rng = torch.Generator().manual_seed(0)
    return method.loss(Model(config, where, network), Batch(seen, target, None), moment, rng)


def best_constant(loss, targets: Tensor) -> float:
    """The constant prediction with the least loss over all targets, on a grid."""
    grid = torch.linspace(0.0, 1.0, 1001)
    totals = torch.stack([loss(f.expand_as(targets), targets).mean() for f in grid])
    return float(grid[totals.argmin()])


TARGETS = torch.tensor([0.0] * 5 + [0.1, 0.2, 0.3, 0.4] + [1.0] * 2)


def test_squares_find_the_mean_distances_the_median_and_small_powers_the_mode():
    assert best_constant(squared, TARGETS) == pytest.approx(float(TARGETS.mean()), abs=1e-3)
    assert best_constant(absolute, TARGETS) == pytest.approx(float(TARGETS.median()), abs=1e-3)
    assert best_constant(lambda f, t: power(f, t, 0.5), TARGETS) == pytest.approx(0.0, abs=1e-3)


def test_the_power_goes_from_squares_to_square_roots():
    f, t = torch.tensor([0.5, 0.25, 0.5]), torch.tensor([0.0, 0.25, 0.75])
    assert torch.allclose(power(f, t, 2.0), squared(f, t), atol=1e-7)
    assert power(f, t, 0.5).tolist() == pytest.approx([0.5**0.5, 1e-4, 0.5], rel=1e-4)


def test_gamma_anneals_as_published():
    shares = [0.0, 0.25, 0.5, 0.75, 1.0]
    assert [annealed_gamma(share) for share in shares] == [2.0, 1.5, 1.0, 0.5, 0.5]


@pytest.mark.parametrize(("preserves", "name"), LOSSES.items())
@pytest.mark.parametrize("second", [False, True])
def test_the_noise_of_the_target_decides_the_loss(preserves, name, second):
    target = torch.rand((2, 1, 4, 4), generator=torch.Generator().manual_seed(0))
    where = task("pixels", target=preserves) if second else task(preserves)

    def loss(config):
        return loss_at(Noise2Noise(), where, config, target, share=0.3)

    same = [n for n in LOSSES.values() if torch.equal(loss(RegressionConfig()), loss(_named(n)))]
    assert same == [name]


def _named(loss):
    return RegressionConfig(loss=loss)


@pytest.mark.parametrize("preserves", LOSSES)
def test_clean_targets_are_met_in_squares_whatever_the_noise(preserves):
    target = torch.full((1, 1, 4, 4), 0.25)
    loss = loss_at(Supervised(), task(preserves), RegressionConfig(), target)
    assert loss.tolist() == pytest.approx([0.0625])


def test_pixels_that_the_target_lacks_count_nothing():
    target = torch.zeros(1, 1, 4, 4)
    target[..., :2] = 0.75  # half of the pixels
    loss = loss_at(Noise2Noise(), task("pixels"), RegressionConfig(), target, value=0.05)
    assert loss.tolist() == pytest.approx([0.2**2 / 2])
    clean = loss_at(Supervised(), task("pixels"), RegressionConfig(), target, value=0.05)
    assert clean.tolist() == pytest.approx([(0.2**2 + 0.55**2) / 2])


def test_where_pixels_are_replaced_the_network_gives_the_image_itself():
    seen = torch.rand((1, 1, 32, 32), generator=torch.Generator().manual_seed(0))
    network = Added()
    network.value.data.fill_(2.5)
    for preserves in ("median", "mode", "pixels"):
        model = Model(RegressionConfig(), task(preserves), network)
        assert Noise2Noise().denoise(model, seen, None).unique().tolist() == [0.75]
    added = Noise2Noise().denoise(Model(RegressionConfig(), task("mean"), network), seen, None)
    assert torch.allclose(added, seen + 0.25)


def test_a_loss_that_finds_something_else_is_warned_about():
    warns = Noise2Noise().warns
    text = warns(RegressionConfig(loss="mse"), task("mode"))
    assert "mse finds the mean of the targets" in text
    assert "keeps the mode of the clean image; l0 fits" in text
    assert warns(RegressionConfig(loss="l0"), task("mode")) is None
    assert warns(RegressionConfig(), task("mode")) is None
    assert "mae fits" in warns(RegressionConfig(loss="l0"), task("mode", target="median"))
    assert Supervised().warns(RegressionConfig(loss="mae"), task("mode")) is None


@pytest.mark.parametrize("setting", ["loss", "network"])
def test_an_unknown_setting_names_those_there_are(setting):
    with pytest.raises(ValueError, match=f"{setting}: 'ms' is none of "):
        RegressionConfig(**{setting: "ms"})


def test_networks_by_name():
    gaussian = Task(Noise(Gaussian(), 25.0, 25.0), "known", 3)
    names = {n: type(Noise2Noise().network(RegressionConfig(network=n), gaussian)).__name__
             for n in ("unet", "srresnet", "unet-large")}  # fmt: skip
    assert names == {"unet": "UNet", "srresnet": "SRResNet", "unet-large": "LargeUNet"}


def test_pairs_without_noise_are_supervised_training():
    target = torch.rand((2, 1, 8, 8), generator=torch.Generator().manual_seed(1))
    where = Task(Noise(Gaussian(), 25.0, 25.0), "known", 1)
    losses = [loss_at(m, where, RegressionConfig(), target) for m in (Noise2Noise(), Supervised())]
    assert torch.equal(losses[0], losses[1])
