"""The residual U-Net: its size, its start, what its blocks and its half resolution do."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from denoisebench.nn.residual_unet import Block, HalfResidualUNet, ResidualUNet


def seeded(make):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return make()


def normal(*shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("kind", "gray", "colour"),
    [(ResidualUNet, 2_342_337, 2_343_491), (HalfResidualUNet, 2_292_932, 2_302_156)],
)
def test_the_numbers_of_parameters(kind, gray, colour):
    assert sum(p.numel() for p in kind(1).parameters()) == gray
    assert sum(p.numel() for p in kind(3).parameters()) == colour


def test_the_blocks_of_each_level_are_those_of_the_way_down_and_up():
    net = ResidualUNet(1)
    assert [len(blocks) for blocks in net.down_blocks] == [1, 2, 2]
    assert len(net.bottom) == 4
    assert [len(blocks) for blocks in net.up_blocks] == [1, 2, 2]
    assert [m.in_channels for m in net.down] == [32, 64, 96]
    assert sum(isinstance(m, Block) for m in net.modules()) == 14


@pytest.mark.parametrize(
    ("widths", "shuffle", "multiple"), [((2, 3), 1, 2), ((2, 3, 4, 5), 1, 8), ((2, 3, 4), 2, 8)]
)
def test_the_smallest_image_is_one_multiple_on_a_side(widths, shuffle, multiple):
    net = ResidualUNet(1, 2, widths, (1,) * len(widths), shuffle)
    assert net.multiple == multiple
    assert net(torch.zeros(2, 1, multiple, 3 * multiple)).shape == (2, 2, multiple, 3 * multiple)


@pytest.mark.parametrize("kind", [ResidualUNet, HalfResidualUNet])
def test_weights_start_at_a_fiftieth_the_last_ones_at_a_tenth_of_it_and_biases_at_zero(kind):
    for name, conv in seeded(lambda: kind(3)).named_modules():
        if isinstance(conv, nn.Conv2d | nn.ConvTranspose2d):
            weight, last = conv.weight.detach(), name.endswith(("second", "last"))
            std = 0.002 if last else 0.02
            assert float(weight.std()) == pytest.approx(std, rel=4 / math.sqrt(weight.numel()))
            assert abs(float(weight.mean())) < 4 * std / math.sqrt(weight.numel()), name
            assert not conv.bias.any(), name


def test_a_block_begins_near_the_identity():
    x = normal(2, 32, 16, 16)
    moved = seeded(lambda: Block(32))(x) - x
    assert 0.0 < float(moved.detach().std()) < 0.05


def test_the_half_resolution_network_is_the_plain_one_on_pixels_taken_for_channels():
    half = seeded(lambda: HalfResidualUNet(1))
    plain = ResidualUNet(4, 4, (64, 96, 128), (2, 2, 4))
    plain.load_state_dict(half.state_dict())
    x = normal(1, 1, 16, 32)
    expected = F.pixel_shuffle(plain(F.pixel_unshuffle(x, 2)), 2)
    torch.testing.assert_close(half(x), expected)


@pytest.mark.parametrize("kind", [ResidualUNet, HalfResidualUNet])
def test_images_of_a_batch_do_not_see_each_other_and_the_input_is_left_as_it_is(kind):
    net, x = seeded(lambda: kind(1)).requires_grad_(False), normal(2, 1, 16, 16)
    changed = x.clone()
    changed[1] += 1.0
    before = changed.clone()
    first, second = (a - b for a, b in zip(net(x), net(changed), strict=True))
    assert float(first.abs().max()) < 1e-6
    assert float(second.abs().max()) > 1e-5
    assert torch.equal(changed, before)


def test_an_output_pixel_sees_all_of_a_small_image():
    x = normal(1, 1, 64, 64).requires_grad_()
    seeded(lambda: ResidualUNet(1))(x)[0, 0, 31, 40].backward()
    seen = x.grad[0, 0].abs()
    corners = itertools.product((slice(0, 8), slice(-8, None)), repeat=2)
    assert all(float(seen[corner].max()) > 0 for corner in corners)
