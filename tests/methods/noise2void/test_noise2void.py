"""Noise2Void as the suite calls it: its loss, what it may not see, and its settings; and
what it learns where the best answer is known."""

import math

import pytest
import torch
from noises import Odd
from textures import Constant, donut_error, textures
from torch import nn

from denoisebench.errors import UserError
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.plugin.method import Batch, Evidence, Model, Task, TrainingStep
from denoisebench.specs import build_config, parse_spec
from noise2void import Config, Noise2Void
from noise2void.masking import REPLACEMENTS, hide
from noise2void.model import masked_loss, predict

METHOD = Noise2Void()
GAUSSIAN = Noise(Gaussian(), 25.0, 25.0)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(net, channels=1, **settings):
    return Model(Config(**settings), Task(GAUSSIAN, "known", channels), net)


def loss_of(model, noisy, seed=0):
    return METHOD.loss(model, Batch(noisy, None, None), TrainingStep(0, 10, len(noisy)), rng(seed))


def test_the_loss_is_averaged_over_all_hidden_pixels_of_a_batch():
    noisy = torch.zeros(2, 1, 2, 2)
    predicted = torch.tensor([[2.0, 9.0, 9.0, 9.0], [1.0, -1.0, -3.0, 9.0]]).view(2, 1, 2, 2)
    mask = torch.tensor([[1.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]]).view(2, 1, 2, 2)
    squared = masked_loss(predicted, noisy, mask, "mse")
    assert squared.tolist() == pytest.approx([2 * 4 / 4, 2 * 11 / 4])
    assert float(squared.mean()) == pytest.approx((4 + 1 + 1 + 9) / 4)
    assert float(masked_loss(predicted, noisy, mask, "mae").mean()) == pytest.approx(7 / 4)


def test_a_batch_without_hidden_pixels_has_a_loss_of_nothing():
    zero = torch.zeros(2, 1, 4, 4)
    assert masked_loss(zero + 1.0, zero, zero, "mse").tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("loss", "power"), [("mse", 2), ("mae", 1)])
def test_the_loss_of_a_constant_is_its_distance_from_the_noisy_image(loss, power):
    """Added to what is seen by the residual networks, and on its own by N2V2's."""
    noisy = torch.tensor([0.5, 1.25]).view(2, 1, 1, 1).expand(2, 1, 64, 64)
    added = loss_of(model_of(Constant(2.5), loss=loss), noisy)  # ¼
    assert added.dtype == torch.float32
    assert added.tolist() == pytest.approx([0.25**power, 0.25**power])
    alone = loss_of(model_of(Constant(0.25), loss=loss, network="n2v2"), noisy)  # ½ + ¼
    assert alone.tolist() == pytest.approx([0.25**power, 0.5**power])


def test_the_loss_looks_at_no_prediction_but_of_the_hidden_pixels():
    predicted = torch.rand(3, 2, 32, 32, generator=rng(1)).requires_grad_()
    noisy = torch.rand(3, 2, 32, 32, generator=rng(2))
    _, mask = hide(noisy, 8, 2, "uniform", rng())
    masked_loss(predicted, noisy, mask, "mse").mean().backward()
    expected = 2.0 * mask * (predicted.detach() - noisy) / mask.sum()
    assert torch.allclose(predicted.grad, expected, atol=1e-9)


@pytest.mark.parametrize("replacement", [name for name in REPLACEMENTS if name != "uniform"])
def test_the_prediction_of_a_hidden_pixel_does_not_see_that_pixel(replacement):
    """One hidden pixel a patch, so that it cannot be seen in another's place either."""
    torch.manual_seed(0)
    model = model_of(UNet(1, width=8))
    noisy = torch.rand(4, 1, 32, 32, generator=rng(3)).requires_grad_()
    seen, mask = hide(noisy, 32, 5, replacement, rng())
    assert mask.sum(dim=(1, 2, 3)).tolist() == [1.0] * 4
    hidden = predict(model, seen)[mask == 1]
    jacobian = torch.autograd.grad(hidden.sum(), noisy)[0]
    assert (jacobian[mask == 1] == 0.0).all()
    assert (jacobian.abs().sum(dim=(1, 2, 3)) > 0.0).all()


def test_the_denoised_image_does_see_every_pixel():
    torch.manual_seed(0)
    model = model_of(UNet(1, width=8))
    noisy = torch.rand(1, 1, 32, 32, generator=rng(3)).requires_grad_()
    METHOD.denoise(model, noisy, 25.0)[0, 0, 9, 20].backward()
    assert float(noisy.grad[0, 0, 9, 20].abs()) > 0.0


@pytest.mark.parametrize("network", ["unet", "n2v", "n2v2"])
@pytest.mark.parametrize("shape", [(1, 1, 33, 47), (1, 3, 64, 32), (1, 1, 1, 1)])
def test_any_image_of_any_size_is_denoised_to_numbers(network, shape):
    torch.manual_seed(0)
    config = Config(network=network, features=96 if network == "unet" else 8)
    task = Task(GAUSSIAN, "known", shape[1])
    model = Model(config, task, METHOD.network(config, task).eval())
    for noisy in (torch.rand(shape, generator=rng()), torch.full(shape, -0.4)):
        found = METHOD.denoise(model, noisy, None)
        assert found.shape == shape
        assert torch.isfinite(found).all()


@pytest.mark.parametrize("network", ["unet", "n2v", "n2v2"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_training_step_has_a_loss_and_a_slope_for_every_weight(network, channels):
    torch.manual_seed(0)
    config = Config(network=network, features=96 if network == "unet" else 8, replacement="median")
    task = Task(GAUSSIAN, "known", channels)
    model = Model(config, task, METHOD.network(config, task))
    loss = loss_of(model, torch.rand(4, channels, 32, 32, generator=rng()))
    assert loss.shape == (4,)
    loss.mean().backward()
    for weights in model.network.parameters():
        assert torch.isfinite(weights.grad).all()


def test_a_linear_network_learns_the_best_filter_of_the_pixels_around():
    """With replacements from so far away that the one in the middle says nothing."""
    torch.manual_seed(0)
    network = nn.Conv2d(1, 1, 3, padding=1)
    model, generator = model_of(network, masked=6.25, radius=7), rng(5)
    adam = torch.optim.Adam(network.parameters(), lr=0.5)
    decay = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: 1.0 - step / 100)
    for step in range(100):
        _, noisy = textures(8, 64, generator)
        adam.zero_grad()
        loss_of(model, noisy, seed=step).mean().backward()
        adam.step()
        decay.step()
    clean, noisy = textures(16, 64, rng(6))
    with torch.no_grad():
        found = predict(model, noisy) - clean
    error = float(found[..., 1:-1, 1:-1].square().mean())
    assert abs(1.0 + 0.1 * float(network.weight.detach()[0, 0, 1, 1])) < 0.05  # the middle tap
    assert 10 * abs(math.log10(error / donut_error(clean, noisy))) < 0.1
    assert error < 0.6 * float((noisy - clean).square().mean())


@pytest.mark.parametrize("parameters", ["known", "unknown"])
def test_it_declines_what_depends_between_pixels_or_has_another_mean(parameters):
    for family in (Gaussian(), Poisson(), Gamma()):
        assert METHOD.declines(Config(), Task(Noise(family, 1.0, 1.0), parameters, 3)) is None
    reasons = {
        ("mean", False): "odd noise is not independent between pixels",
        ("mode", True): "the mean of odd noise is not the clean image",
        ("pixels", True): "the mean of odd noise is not the clean image",
    }
    for (preserves, independent), reason in reasons.items():
        task = Task(Noise(Odd(preserves, independent), 0.5, 0.5), parameters, 1)
        assert METHOD.declines(Config(), task) == reason


def test_it_warns_of_a_median_that_is_not_the_clean_image():
    poisson = Task(Noise(Poisson(), 0.1, 0.1), "known", 1)
    gaussian = Task(GAUSSIAN, "known", 1)
    assert "loss=mae learns the median" in METHOD.warns(Config(loss="mae"), poisson)
    assert METHOD.warns(Config(loss="mae"), gaussian) is None
    assert METHOD.warns(Config(), poisson) is None
    n2v2 = Config(network="n2v2")
    assert METHOD.warns(n2v2, gaussian) == "network=n2v2 goes with replacement=median"


def test_it_sees_one_noisy_copy_and_keeps_the_weights_best_on_held_out_ones():
    assert METHOD.evidence(Config()) is Evidence.NOISY
    assert METHOD.passes_per_patch(Config()) == 1
    assert METHOD.checkpoint == "held-out"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("masked=0", r"noise2void\.masked: 0 percent must lie in 0\.1\.\.25"),
        ("masked=nan", r"noise2void\.masked: 'nan' is not a number"),
        ("radius=0", r"noise2void\.radius: 0 must lie in 1\.\.15"),
        ("replacement=zero", r"noise2void\.replacement: 'zero' is none of uniform, uniform-wi"),
        ("loss=l2", r"noise2void\.loss: 'l2' is none of mse, mae"),
        ("network=dncnn", r"noise2void\.network: 'dncnn' is none of unet, n2v, n2v2"),
        ("network=n2v:features=0", r"noise2void\.features: 0 must lie in 1\.\.512"),
        ("features=32", r"noise2void\.features: only network=n2v and network=n2v2 have them"),
    ],
)
def test_a_bad_setting_is_refused_by_its_dotted_name(text, message):
    with pytest.raises(UserError, match=message):
        build_config(Config, parse_spec(f"noise2void:{text}"))
