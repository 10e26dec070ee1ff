"""The networks of Noise2Void and N2V2."""

import pytest
import torch

from noise2void.network import MaxBlurPool, TwoLevelUNet


def conv(inputs, outputs, side=3):
    return side * side * inputs * outputs + outputs


@pytest.mark.parametrize("n2v2", [False, True])
def test_the_two_level_network_has_the_published_widths(n2v2):
    f = 96
    convs = [(1, f), (f, f), (f, 2 * f), (2 * f, 2 * f), (2 * f, 4 * f), (4 * f, 2 * f)]
    convs += [(4 * f, f), (f, f), (f if n2v2 else 2 * f, f), (f, f)]
    expected = sum(conv(i, o) + 2 * o for i, o in convs) + conv(f, 1, 1)  # 2 a channel: norms
    found = sum(p.numel() for p in TwoLevelUNet(1, f, n2v2=n2v2).parameters())
    assert found == expected == (2_493_889 if n2v2 else 2_576_833)


def test_the_max_blur_pool_takes_the_greatest_of_four_and_blurs_them():
    x = torch.zeros(1, 1, 8, 8)
    x[0, 0, 4, 4] = 16.0  # the greatest of the squares that begin at rows and columns 3 and 4
    expected = torch.zeros(4, 4)
    expected[1:3, 1:3] = torch.tensor([[1.0, 3.0], [3.0, 9.0]])  # ¼ + 0, ¼ + ½ a side, times 16
    assert torch.equal(MaxBlurPool()(x)[0, 0], expected)
    for value in (0.7, -0.7):
        flat = torch.full((2, 3, 6, 4), value)
        assert torch.allclose(MaxBlurPool()(flat), torch.full((2, 3, 3, 2), value))
