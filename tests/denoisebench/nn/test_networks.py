"""The shelf of networks: sizes, initial weights, what an output pixel sees."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from denoisebench.nn.unet import UNet, conv3x3, conv_of_upsampled


def seeded(make):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make()


@pytest.mark.parametrize(("channels", "count"), [(1, 988_609), (3, 991_203)])
def test_the_unet_has_the_parameters_of_noise2noises(channels, count):
    assert sum(p.numel() for p in UNet(channels).parameters()) == count


@pytest.mark.parametrize(("channels", "outputs"), [(1, None), (3, None), (3, 9), (1, 2)])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (32, 96), (64, 32)])
def test_the_output_has_the_size_of_the_input(channels, outputs, height, width):
    net = UNet(channels, outputs, width=4)
    out = net(torch.zeros(2, channels, height, width))
    assert out.shape == (2, outputs or channels, height, width)


def test_all_weights_start_at_a_fiftieth_and_biases_at_zero():
    net = seeded(lambda: UNet(3))
    for name, conv in net.named_modules():
        if isinstance(conv, nn.Conv2d):
            weight = conv.weight.detach()
            sure = 4 * 0.02 / math.sqrt(2 * weight.numel())
            assert float(weight.std()) == pytest.approx(0.02, abs=sure), name
            assert abs(float(weight.mean())) < 4 * 0.02 / math.sqrt(weight.numel()), name
            assert not conv.bias.any(), name


@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_outputs_are_small_beside_what_the_network_must_give(channels):
    x = torch.randn(4, channels, 64, 64, generator=torch.Generator().manual_seed(0)) / 3
    out = seeded(lambda: UNet(channels))(x).detach()
    assert 0.0 < float(out.std()) < 0.05


@pytest.mark.parametrize(("height", "width", "skips"), [(4, 6, 1), (1, 3, 5), (8, 8, 3)])
def test_the_convolution_of_an_upsampled_image_equals_the_plain_way(height, width, skips):
    rng = torch.Generator().manual_seed(0)
    conv = seeded(lambda: nn.Conv2d(7 + skips, 5, 3, padding=1)).double()
    x = torch.randn(2, 7, height, width, generator=rng, dtype=torch.float64, requires_grad=True)
    skip = torch.randn(2, skips, 2 * height, 2 * width, generator=rng, dtype=torch.float64)
    skip.requires_grad_()
    plain = conv(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], dim=1))
    merged = conv_of_upsampled(x, skip, conv)
    torch.testing.assert_close(merged, plain, rtol=0, atol=1e-12)
    weights = torch.randn(plain.shape, generator=rng, dtype=torch.float64)
    inputs = (x, skip, conv.weight, conv.bias)
    for ours, theirs in zip(
        torch.autograd.grad((merged * weights).sum(), inputs),
        torch.autograd.grad((plain * weights).sum(), inputs),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-11)


def test_a_convolution_keeps_height_and_width():
    assert conv3x3(2, 5)(torch.zeros(1, 2, 7, 9)).shape == (1, 5, 7, 9)


def test_an_output_pixel_sees_all_of_a_small_image():
    x = torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    seeded(lambda: UNet(1, width=8))(x)[0, 0, 31, 40].backward()
    seen = x.grad[0, 0].abs()
    assert seen[31, 40] > 0
    assert min(seen[:8, :8].max(), seen[:8, -8:].max(), seen[-8:, :8].max()) > 0


def test_images_of_a_batch_do_not_see_each_other():
    net = seeded(lambda: UNet(1, width=8)).requires_grad_(False)
    x = torch.rand(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    changed = x.clone()
    changed[1] += 1.0
    assert torch.allclose(net(x)[0], net(changed)[0], atol=1e-6)
    assert not torch.allclose(net(x)[1], net(changed)[1], atol=1e-3)


def test_the_input_is_left_as_it_is():
    x = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    before = x.clone()
    UNet(1, width=4)(x)
    assert torch.equal(x, before)
