"""Networks run on images of any size."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn

from denoisebench.nn.padding import multiple_of, run_padded

SIDES = sorted({1, 2, 3, 5, 15, 16, 17, 18, 31, 32, 33, 34, 47, 48, 49, 63, 64, 65, 70})


def ramp(height, width, channels=1):
    count = channels * height * width
    return torch.arange(count, dtype=torch.float32).view(1, channels, height, width)


@pytest.mark.parametrize("height", SIDES)
def test_the_image_comes_back_from_a_network_that_does_nothing(height):
    for width in SIDES:
        image = ramp(height, width)
        assert torch.equal(run_padded(lambda x: x, image, multiple=32), image)


def test_the_network_sees_the_image_reflected_up_to_the_next_multiple_of_32():
    for height, width in itertools.product(SIDES[::2], SIDES[1::2]):
        seen = []
        image = ramp(height, width, channels=3)
        run_padded(lambda x, seen=seen: seen.append(x) or x, image, multiple=32)
        extra = ((0, 0), (0, 0), (0, -height % 32), (0, -width % 32))
        assert np.array_equal(seen[0].numpy(), np.pad(image.numpy(), extra, mode="reflect"))


def test_a_side_that_fits_is_not_padded():
    seen = []
    run_padded(lambda x: seen.append(x.shape) or x, ramp(64, 33), multiple=32)
    assert seen == [(1, 1, 64, 64)]


class Hungry(nn.Module):
    multiple = 8

    def forward(self, x):
        self.seen = x.shape
        return x


def test_a_network_says_itself_what_it_takes_and_takes_any_side_if_it_says_nothing():
    network, seen = Hungry(), []
    run_padded(network, ramp(9, 16))
    run_padded(lambda x: seen.append(x.shape) or x, ramp(9, 16))
    assert [network.seen, *seen] == [(1, 1, 16, 16), (1, 1, 9, 16)]
    assert (multiple_of(network), multiple_of(print)) == (8, 1)


def test_a_single_pixel_fills_what_the_network_sees():
    seen = []
    run_padded(lambda x: seen.append(x) or x, torch.full((1, 1, 1, 1), 0.7), multiple=32)
    assert torch.equal(seen[0], torch.full((1, 1, 32, 32), 0.7))


def test_the_number_of_output_channels_is_the_networks_own():
    out = run_padded(lambda x: x.repeat(1, 2, 1, 1), ramp(5, 7), multiple=32)
    assert out.shape == (1, 2, 5, 7)


def test_the_image_is_left_as_it_is_by_a_network_that_works_in_place():
    image = ramp(64, 64)
    run_padded(lambda x: x.mul_(0.0), image, multiple=32)
    assert torch.equal(image, ramp(64, 64))
