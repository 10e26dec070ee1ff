"""The two networks of Noise2Noise's Keras version: sizes, padding, initial weights."""

import math

import pytest
import torch
from torch import nn

from denoisebench.nn.noise2noise_keras import LargeUNet, SRResNet, Up


def seeded(make):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make()


def numbers(network):
    """Parameters, and running statistics beside them."""
    trained = sum(p.numel() for p in network.parameters())
    kept = [b for name, b in network.named_buffers() if not name.endswith("num_batches_tracked")]
    return trained, sum(b.numel() for b in kept)


def test_the_numbers_of_the_keras_networks():
    assert numbers(SRResNet(3)) == (1_227_459, 4_224)
    assert sum(numbers(SRResNet(3))) == 1_231_683
    assert numbers(LargeUNet(3)) == (31_031_875, 0)


@pytest.mark.parametrize(("height", "width"), [(7, 12), (1, 1), (16, 48)])
def test_the_residual_network_takes_any_size(height, width):
    net = SRResNet(1, width=4, blocks=2).eval()
    assert net(torch.zeros(2, 1, height, width)).shape == (2, 1, height, width)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_large_unet_takes_multiples_of_sixteen(channels):
    net = LargeUNet(channels, width=2)
    assert net(torch.zeros(2, channels, 16, 48)).shape == (2, channels, 16, 48)
    assert net.multiple == 16


def test_a_residual_block_begins_as_the_keras_one():
    net = seeded(lambda: SRResNet(3))
    block = net.blocks[0]
    weight = block.first.weight.detach()
    std = math.sqrt(2.0 / (9 * 64))
    assert float(weight.std()) == pytest.approx(std, rel=0.02)
    assert float(weight.abs().max()) <= 2.0 * std / 0.8796 + 1e-6  # cut at two deviations
    assert block.slope.weight.tolist() == [0.0] * 64
    assert (block.norm1.eps, block.norm1.momentum) == (1e-3, 0.01)


def test_the_two_by_two_convolution_looks_right_and_down():
    up = Up(1)
    nn.init.ones_(up.narrow.weight)
    seen = torch.zeros(1, 2, 2, 2, requires_grad=True)
    nn.functional.interpolate(seen, scale_factor=2.0)
    wide = torch.zeros(1, 2, 4, 4)
    wide[0, 0, 2, 2] = 1.0
    found = up.narrow(nn.functional.pad(wide, (0, 1, 0, 1)))[0, 0]
    assert found.shape == (4, 4)
    assert (found > 0.5).nonzero().tolist() == [[1, 1], [1, 2], [2, 1], [2, 2]]


def test_dropout_is_of_training_alone():
    net = seeded(lambda: LargeUNet(1, width=4))
    x = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        assert not torch.equal(net(x), net(x))
    net.eval()
    assert torch.equal(net(x), net(x))
