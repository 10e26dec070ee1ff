"""What the coordinates make of any image at all: what the network sees, how large the noise in an
image is, the change of variables, and that no pixel and no score makes an estimate that is not a
number."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from denoisebench.noise.family import Noise
from denoisebench.noise.stream import Stream
from denoisebench.noise_models import register_noise_models
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from noise2score.coordinate_base import flat_std
from noise2score.coordinates import OWN, coordinate_of

FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma(), Weibull())}
CHOICES = ["own", "identity", "raw"]
every_coordinate = pytest.mark.parametrize(
    ("name", "choice"), list(itertools.product(FAMILIES, CHOICES))
)
real = st.floats(-(2.0**66), 2.0**66, width=32)


class Elsewhere(Gaussian):
    name = "speckled-egg"


def coordinate_for(name, choice):
    return coordinate_of(Noise(FAMILIES[name], *FAMILIES[name].blind), choice)


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def double(value):
    return torch.tensor(value, dtype=torch.float64)


def levels_of(family):
    return [family.lowest, *family.blind, family.highest]


def test_every_family_of_ours_has_its_own_coordinate_under_its_own_name():
    named = {type(family).__name__: family.name for family in register_noise_models()}
    assert set(OWN) == {named[kind] for kind in ("Gaussian", "Poisson", "Gamma", "Weibull")}


@every_coordinate
def test_what_the_network_sees_rises_strictly_with_z_so_that_nothing_is_lost(name, choice):
    coordinate = coordinate_for(name, choice)
    z = torch.linspace(-3.0, 3.0, 2001, dtype=torch.float64)
    for level in levels_of(FAMILIES[name]):
        seen = coordinate.seen(z, double(level))
        assert torch.isfinite(seen).all()
        assert (seen.diff() > 0).all()


@every_coordinate
@settings(max_examples=50, derandomize=True, deadline=None)
@given(pair=st.tuples(real, real), place=st.floats(0.0, 1.0))
def test_no_brighter_z_is_ever_seen_as_darker(name, choice, pair, place):
    coordinate, family = coordinate_for(name, choice), FAMILIES[name]
    level = family.blind[0] * (family.blind[1] / family.blind[0]) ** place
    low, high = coordinate.seen(torch.tensor(sorted(pair)), torch.tensor(level)).tolist()
    assert low <= high


@pytest.mark.parametrize("name", FAMILIES)
def test_at_blind_levels_the_network_sees_numbers_of_both_signs_below_15(name):
    family, coordinate = FAMILIES[name], coordinate_for(name, "own")
    y = torch.linspace(0.0, 1.0, 101, dtype=torch.float64)
    for level in family.blind:
        seen = coordinate.seen(coordinate.of(y), double(level))
        assert float(seen.abs().max()) < 15.0
        assert float(seen[0]) < 0.0 < float(seen[-1])


@every_coordinate
def test_units_and_weights_are_positive_and_finite_at_any_z_that_occurs(name, choice):
    coordinate = coordinate_for(name, choice)
    z = torch.linspace(-2.0, 3.0, 101)
    for level in map(torch.tensor, levels_of(FAMILIES[name])):
        for found in (coordinate.unit(z, level), coordinate.weight(z, level)):
            found = torch.as_tensor(found)
            assert torch.isfinite(found).all()
            assert (found > 0).all()


def test_white_noise_is_measured_to_2_percent_image_by_image():
    std = torch.tensor([0.001, 0.1, 30.0]).view(-1, 1, 1, 1)
    found = flat_std(0.5 + std * noise(3, 1, 512, 512))
    assert found.shape == (3, 1, 1, 1)
    assert torch.allclose(found / std, torch.ones(3, 1, 1, 1, dtype=torch.float64), atol=0.02)
    colour = flat_std(0.1 * noise(1, 3, 300, 301))
    assert float(colour) == pytest.approx(0.1, rel=0.02)


def test_constants_and_ramps_do_not_count_as_noise():
    rough = 0.01 * noise(1, 3, 64, 80)
    rows, columns = torch.arange(64.0)[:, None], torch.arange(80.0)
    for image in (torch.full((64, 80), 7.0), 0.05 * rows, 0.02 * columns - 0.3 * rows):
        assert torch.allclose(flat_std(rough + image), flat_std(rough), rtol=1e-9)
        assert float(flat_std(image.double().expand(1, 1, 64, 80))) <= 1.1e-6


def test_an_edge_moves_the_measured_noise_by_at_most_5_percent():
    rough = 0.05 * noise(1, 1, 128, 128)
    rows, columns = torch.arange(128.0)[:, None], torch.arange(128.0)
    disk = 0.8 * ((rows - 60) ** 2 + (columns - 70) ** 2 < 30**2)
    for edge in (0.8 * (columns > 50.0), 0.8 * (rows + 2 * columns > 150), disk):
        assert float(flat_std(rough + edge)) == pytest.approx(float(flat_std(rough)), rel=0.05)


@pytest.mark.parametrize("shape", [(1, 1, 8, 8), (2, 3, 9, 31), (1, 1, 8, 200)])
def test_the_smallest_images_have_a_measured_noise_above_0(shape):
    for z in (noise(*shape), torch.zeros(shape), torch.full(shape, 1e30)):
        found = flat_std(z)
        assert found.shape == (shape[0], 1, 1, 1)
        assert (found > 0).all()


def scene(dark=1.0):
    """A slope, a disk, a bar and a texture, (1, 128, 128), in 0.1..0.9 times `dark`."""
    rows, columns = np.mgrid[0:128, 0:128] / 128.0
    image = 0.25 + 0.4 * columns + 0.1 * np.sin(40 * rows) * (columns > 0.6)
    image[(rows - 0.3) ** 2 + (columns - 0.3) ** 2 < 0.03] = 0.85
    image[100:110, 20:90] = 0.1
    return (dark * image[None]).astype(np.float32)


@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("name", FAMILIES)
def test_the_level_is_read_off_an_image_to_a_quarter_across_the_blind_range(name, choice):
    family, coordinate = FAMILIES[name], coordinate_for(name, choice)
    for level in np.geomspace(*family.blind, 5):
        noisy = family.sample(scene(), level, Stream("rough level", str(level)))
        found = float(coordinate.rough_level(coordinate.of(torch.from_numpy(noisy)[None])))
        assert found == pytest.approx(level, rel=0.25)


EXTREMES = [0.0, 1e-45, 1e-38, 1e-20, 1e-4, 0.5, 1.0, 255.0, 1e7, 1e19, 1e30, 3.4028234e38]
SIGNED = torch.tensor(EXTREMES + [-value for value in EXTREMES])


@every_coordinate
def test_black_white_tiny_and_huge_pixels_and_scores_give_finite_estimates(name, choice):
    coordinate, family = coordinate_for(name, choice), FAMILIES[name]
    y, score = SIGNED.view(1, 1, 1, -1), SIGNED.view(1, 1, -1, 1)
    for level in levels_of(family):
        for probe in (coordinate.span.end, 0.0, 10.0):
            found = coordinate.denoised(family, y, score, torch.tensor(level), probe)
            assert found.dtype == torch.float32
            assert torch.isfinite(found).all(), (level, probe)


@every_coordinate
@settings(max_examples=20, derandomize=True, deadline=None)
@given(y=st.lists(real, min_size=8, max_size=8), score=st.lists(real, min_size=8, max_size=8))
def test_any_pixels_and_scores_give_finite_estimates(name, choice, y, score):
    coordinate, family = coordinate_for(name, choice), FAMILIES[name]
    for level in map(torch.tensor, levels_of(family)):
        found = coordinate.denoised(
            family, torch.tensor(y)[:, None], torch.tensor(score), level, coordinate.span.end
        )
        assert torch.isfinite(found).all()


def test_a_family_from_elsewhere_is_learned_in_y_itself_by_every_choice():
    for choice in CHOICES:
        coordinate = coordinate_of(Noise(Elsewhere(), 1.0, 2.0), choice)
        y = torch.linspace(-1.0, 2.0, 7)
        assert torch.equal(coordinate.of(y), y)
        assert torch.equal(coordinate.score_of_y(y, y), y)
        assert float(coordinate.noise_std(torch.tensor(3.0))) == pytest.approx(0.1)


@pytest.mark.parametrize("choice", ["own", "identity", "raw"])
@pytest.mark.parametrize("name", FAMILIES)
def test_the_score_of_y_follows_from_that_of_z_by_the_change_of_variables(name, choice):
    """log p(y) = log p(z(y)) + log z'(y), differentiated by autograd."""
    coordinate = coordinate_for(name, choice)
    y = torch.linspace(0.01, 1.3, 50, dtype=torch.float64, requires_grad=True)
    z = coordinate.of(y)
    (slope,) = torch.autograd.grad(z.sum(), y, create_graph=True)
    density = -((z + 1) ** 2) + torch.sin(3 * z)
    log_p = density + (slope.log() if slope.requires_grad else 0.0)
    (expected,) = torch.autograd.grad(log_p.sum(), y)
    found = coordinate.score_of_y(y, (-2 * (z + 1) + 3 * torch.cos(3 * z)).detach())
    assert torch.allclose(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("share", [0.3, 0.6])
def test_the_rough_deviation_passes_over_flat_regions(share):
    image = 0.5 + 0.1 * noise(2, 1, 256, 256)
    masked = image.clone()
    masked[1, :, : int(share * 256)] = 0.0
    found = flat_std(masked).flatten()
    assert found[0] == flat_std(image)[0].flatten()
    assert found.tolist() == pytest.approx([0.1, 0.1], rel=0.1)
    assert float(flat_std(torch.zeros(1, 1, 64, 64))) == pytest.approx(1e-6)
