"""Noise2Void's hidden pixels: where they lie, and what is put in their place.

The images of most tests hold their own pixel numbers, so that a replacement says where it was read.
"""

import numpy as np
import pytest
import torch

from noise2void.masking import REPLACEMENTS, cell_px, hide

SIDE = 16


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def numbered(batch, side=SIDE):
    return torch.arange(float(side * side)).view(1, 1, side, side).expand(batch, -1, -1, -1)


def sources(replacement, row, column, radius, count=40000):
    """How often each pixel of a numbered image replaces the one at (row, column): (SIDE, SIDE)."""
    at = torch.full((1, 1, count), row), torch.full((1, 1, count), column)
    read = REPLACEMENTS[replacement](numbered(1), *at, radius, rng())
    shares = torch.bincount(read.flatten().long(), minlength=SIDE * SIDE) / count
    return shares.view(SIDE, SIDE).numpy()


@pytest.mark.parametrize(
    ("percent", "side"), [(1.5, 8), (0.198, 22), (6.25, 4), (25.0, 2), (0.1, 32)]
)
def test_a_cell_has_as_many_pixels_as_one_hidden_pixel_is_the_share_of(percent, side):
    assert cell_px(percent) == side


def test_of_64_by_64_pixels_64_are_hidden_at_the_default_one_in_each_cell():
    _, mask = hide(torch.zeros(5, 3, 64, 64), 8, 2, "uniform", rng())
    cells = mask.view(5, 3, 8, 8, 8, 8).sum(dim=(3, 5))
    assert torch.equal(cells, torch.ones(5, 3, 8, 8))


def test_what_falls_outside_the_patch_is_dropped():
    _, mask = hide(torch.zeros(1000, 1, 64, 64), 22, 2, "uniform", rng())
    counts = mask.sum(dim=(1, 2, 3))
    assert mask.unique().tolist() == [0.0, 1.0]
    assert counts.min() >= 4  # whole cells; 5 more are cut
    assert counts.max() == 9
    assert float(counts.mean()) == pytest.approx((64 / 22) ** 2, abs=0.08)  # 8.46; 4 sd


def test_every_pixel_is_hidden_equally_often():
    _, mask = hide(torch.zeros(20000, 1, 7, 9), 4, 1, "uniform", rng())
    assert float((mask.mean(dim=0) - 1 / 16).abs().max()) < 0.008  # 5 sd


def test_patches_and_channels_have_their_own_hidden_pixels():
    _, mask = hide(torch.zeros(2, 2, 64, 64), 8, 2, "uniform", rng())
    planes = mask.flatten(0, 1)
    for i in range(4):
        for j in range(i):
            assert float((planes[i] * planes[j]).sum()) < 10  # by chance 1 of 64


def test_the_same_generator_hides_the_same_and_the_next_draw_something_else():
    image, state = torch.rand(2, 3, 32, 32, generator=rng(9)), rng()
    first, again, next_one = (hide(image, 8, 2, "gaussian", r) for r in (state, rng(), state))
    assert torch.equal(first[0], again[0])
    assert torch.equal(first[1], again[1])
    assert not torch.equal(first[1], next_one[1])


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_what_is_not_hidden_stays_and_what_is_hidden_changes(replacement):
    image = torch.rand(2, 3, 33, 47, generator=rng(1))
    seen, mask = hide(image, 8, 5, replacement, rng())
    assert torch.equal(seen[mask == 0], image[mask == 0])
    changed = (seen != image)[mask == 1].float().mean()
    assert changed > 0.97  # 1 in 121 is itself, where the centre may be drawn


def test_a_channel_is_replaced_from_itself():
    image = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1).expand(4, 3, 32, 32)
    for replacement in REPLACEMENTS:
        seen, _ = hide(image, 2, 2, replacement, rng())
        assert torch.allclose(seen, image, atol=1e-6)


@pytest.mark.parametrize("replacement", ["uniform", "uniform-without-centre"])
def test_replacements_are_read_from_the_untouched_patch(replacement):
    """Of a replaced pixel they would come from further away than the radius, every other pixel
    being hidden in a cell of 2."""
    image = numbered(200)
    seen, mask = hide(image, 2, 1, replacement, rng())
    here, there = (torch.stack([v // SIDE, v % SIDE]) for v in (image, seen))
    assert float((here - there).abs().max()) == 1.0
    assert float(mask.mean()) == 0.25


@pytest.mark.parametrize(
    ("row", "column", "rows", "columns"),
    [(8, 7, (6, 11), (5, 10)), (0, 0, (0, 3), (0, 3)), (15, 1, (13, 16), (0, 4))],
)
def test_a_window_is_cropped_at_the_edges_and_drawn_from_evenly(row, column, rows, columns):
    expected = np.zeros((SIDE, SIDE))
    expected[slice(*rows), slice(*columns)] = 1.0
    found = sources("uniform", row, column, 2)
    assert found == pytest.approx(expected / expected.sum(), abs=0.008)  # 5 sd
    expected[row, column] = 0.0
    found = sources("uniform-without-centre", row, column, 2)
    assert found[row, column] == 0.0
    assert found == pytest.approx(expected / expected.sum(), abs=0.009)


@pytest.mark.parametrize(("radius", "chance"), [(2, 1 / 25), (5, 1 / 121)])
def test_a_pixel_replaces_itself_as_often_as_any_other_of_its_window(radius, chance):
    assert sources("uniform", 8, 8, radius)[8, 8] == pytest.approx(chance, abs=0.005)


def window_of(image, row, column, radius):
    """The pixels around one, without it, by NumPy."""
    top, left = max(row - radius, 0), max(column - radius, 0)
    window = image[top : row + radius + 1, left : column + radius + 1]
    return np.delete(window.ravel(), (row - top) * window.shape[1] + column - left)


@pytest.mark.parametrize(("replacement", "of"), [("mean", np.mean), ("median", np.median)])
@pytest.mark.parametrize("radius", [1, 2, 5])
def test_the_mean_and_the_median_are_of_the_window_without_its_centre(replacement, of, radius):
    image = torch.rand(1, 1, 9, 12, generator=rng(3))
    rows, columns = np.mgrid[:9, :12]
    at = [torch.from_numpy(k.reshape(1, 1, -1)) for k in (rows, columns)]
    found = REPLACEMENTS[replacement](image, *at, radius, rng()).view(9, 12)
    pixels = image[0, 0].numpy()
    expected = [[of(window_of(pixels, r, c, radius)) for c in range(12)] for r in range(9)]
    assert found.numpy() == pytest.approx(np.array(expected), abs=1e-6)


@pytest.mark.parametrize(("row", "column"), [(4, 6), (0, 11)])
def test_normal_draws_have_the_mean_and_deviation_of_the_window_without_its_centre(row, column):
    image = torch.rand(1, 1, 9, 12, generator=rng(4))
    at = torch.full((1, 1, 40000), row), torch.full((1, 1, 40000), column)
    found = REPLACEMENTS["gaussian"](image, *at, 2, rng())
    window = window_of(image[0, 0].numpy(), row, column, 2)
    assert float(found.mean()) == pytest.approx(window.mean(), abs=0.008)
    assert float(found.std()) == pytest.approx(window.std(), rel=0.02)
