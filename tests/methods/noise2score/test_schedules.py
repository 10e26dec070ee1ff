"""The probe's size over a training: the published schedules at their published values, and ours."""

import itertools
import math

import pytest
import torch
from scipy import stats

from denoisebench.noise.family import Noise
from denoisebench.noise_models.gamma import Gamma
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.poisson import Poisson
from denoisebench.noise_models.weibull import Weibull
from denoisebench.plugin.method import TrainingStep
from noise2score import probe_schedule
from noise2score.config import Config
from noise2score.coordinates import coordinate_of
from noise2score.model import last_probe, probe_size
from noise2score.probe_schedule import Span, geometric, linear, mixed, sawtooth

FAMILIES = {family.name: family for family in (Gaussian(), Poisson(), Gamma(), Weibull())}


def coordinate_for(name, choice):
    return coordinate_of(Noise(FAMILIES[name], *FAMILIES[name].blind), choice)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def after(patches, batch=8):
    """The moment whose step samples the patch of this number."""
    return TrainingStep(patches // batch - 1, 300_000, batch)


@pytest.mark.parametrize(
    ("patches", "size"),
    [(8, 0.04998), (11_000, 0.0255), (21_992, 0.001), (22_000, 0.001), (24_000, 0.001)],
)
@pytest.mark.parametrize("epoch", [0, 1, 7])
def test_the_sawtooth_of_the_code_falls_once_in_every_epoch_of_24000_patches(patches, size, epoch):
    moment = after(patches + epoch * probe_schedule.EPOCH)
    assert sawtooth(probe_schedule.CODE, moment) == pytest.approx(size, abs=2e-5)


def test_the_sawtooth_is_at_its_end_exactly_from_patch_22000_on_and_then_starts_anew():
    assert sawtooth(probe_schedule.CODE, after(21_984)) > 0.001
    for patches in range(22_000, 24_001, 8):
        assert sawtooth(probe_schedule.CODE, after(patches)) == 0.001
    assert sawtooth(probe_schedule.CODE, after(24_008)) == sawtooth(probe_schedule.CODE, after(8))
    assert sawtooth(probe_schedule.CODE, TrainingStep(0, 10, 1)) == pytest.approx(0.05, abs=1e-5)


def test_a_sawtooth_of_counts_falls_from_1_to_a_half():
    assert sawtooth(probe_schedule.CODE_COUNTS, after(8)) == pytest.approx(1.0, abs=3e-4)
    assert sawtooth(probe_schedule.CODE_COUNTS, after(11_000)) == pytest.approx(0.75, abs=1e-4)
    assert sawtooth(probe_schedule.CODE_COUNTS, after(23_000)) == 0.5


@pytest.mark.parametrize(
    ("span", "start", "end"),
    [(probe_schedule.PAPER, 0.1, 0.001), (probe_schedule.PAPER_COUNTS, 1.0, 0.05)],
)
def test_the_papers_probe_falls_in_equal_steps(span, start, end):
    sizes = [linear(span, TrainingStep(step, 100, 4)) for step in range(101)]
    assert sizes[0] == start
    assert sizes[100] == pytest.approx(end)
    falls = [a - b for a, b in itertools.pairwise(sizes)]
    assert falls == pytest.approx([(start - end) / 100] * 100)


def test_our_probe_falls_by_the_same_factor_at_every_step():
    span = Span(0.5, 0.1)
    sizes = [geometric(span, TrainingStep(step, 10, 4)) for step in range(11)]
    assert sizes[0] == 0.5
    assert sizes[5] == pytest.approx(math.sqrt(0.05))
    assert sizes[10] == pytest.approx(0.1)
    ratios = [a / b for a, b in itertools.pairwise(sizes)]
    assert ratios == pytest.approx([5**0.1] * 10)
    assert geometric(Span(0.2, 0.2), TrainingStep(3, 10, 4)) == pytest.approx(0.2)


@pytest.mark.parametrize("span", [probe_schedule.SUCCESSOR, probe_schedule.SUCCESSOR_POISSON])
def test_the_successors_sizes_are_log_uniform_between_their_ends_and_one_per_patch(span):
    sizes = mixed(span, 5000, rng())
    assert sizes.shape == (5000, 1, 1, 1)
    share = (sizes.flatten().double() / span.end).log() / math.log(span.start / span.end)
    assert float(share.min()) > -1e-6
    assert float(share.max()) < 1 + 1e-6
    assert stats.kstest(share.numpy(), "uniform").pvalue > 0.01
    assert torch.equal(sizes, mixed(span, 5000, rng()))
    assert not torch.equal(sizes, mixed(span, 5000, rng(1)))


def test_the_successors_ends_are_a_tenth_and_a_thousandth_and_3_hundredths_for_counts():
    ends = (probe_schedule.SUCCESSOR, probe_schedule.SUCCESSOR_POISSON)
    assert ends == (Span(0.1, 0.001), Span(0.1, 0.03))


LEVELS = torch.tensor([5.0, 25.0]).view(-1, 1, 1, 1)


def size(schedule, family, moment, levels=LEVELS, choice="own", **settings):
    config = Config(schedule=schedule, **settings)
    return probe_size(config, coordinate_for(family, choice), levels, moment, rng()).flatten()


@pytest.mark.parametrize("choice", ["own", "identity", "raw"])
@pytest.mark.parametrize("family", ["gaussian", "gamma", "weibull"])
def test_the_published_sizes_are_lengths_in_the_coordinate_whatever_the_level(family, choice):
    code = size("sawtooth", family, after(11_000), choice=choice)
    assert code.tolist() == pytest.approx([0.0255] * 2, rel=1e-3)
    paper = size("paper", family, TrainingStep(50, 100, 4), choice=choice)
    assert paper.tolist() == pytest.approx([0.0505] * 2, rel=1e-3)


@pytest.mark.parametrize("choice", ["own", "identity", "raw"])
def test_the_published_sizes_for_poisson_noise_are_counts_times_the_intensity_of_one(choice):
    zeta = torch.tensor([0.01, 0.05]).view(-1, 1, 1, 1)
    code = size("sawtooth", "poisson", after(11_000), zeta, choice)
    assert code.tolist() == pytest.approx([0.0075, 0.0375], rel=1e-3)
    paper = size("paper", "poisson", TrainingStep(50, 100, 4), zeta, choice)
    assert paper.tolist() == pytest.approx([0.00525, 0.02625], rel=1e-3)


@pytest.mark.parametrize(("family", "least"), [("gaussian", 0.001), ("poisson", 0.03)])
def test_the_successors_sizes_are_lengths_in_y_for_poisson_noise_too(family, least):
    levels = torch.full((4000, 1, 1, 1), 0.05)
    sizes = size("mixed", family, TrainingStep(0, 10, 4), levels)
    assert sizes.shape == (4000,)
    assert least <= float(sizes.min()) < 1.1 * least
    assert 0.095 < float(sizes.max()) <= 0.1 + 1e-6


@pytest.mark.parametrize("choice", ["own", "identity", "raw"])
@pytest.mark.parametrize("family", FAMILIES)
def test_our_sizes_are_in_units_of_the_noise_of_each_patch(family, choice):
    coordinate = coordinate_for(family, choice)
    unit = coordinate.probe_unit(LEVELS).flatten()
    for step, share in [(0, coordinate.span.start), (10, coordinate.span.end)]:
        found = size("geometric", family, TrainingStep(step, 10, 4), choice=choice)
        assert torch.allclose(found, share * unit)
    found = size("geometric", family, TrainingStep(5, 10, 4), probe_start=0.8, probe_end=0.2)
    assert torch.allclose(found, 0.4 * coordinate_for(family, "own").probe_unit(LEVELS).flatten())


@pytest.mark.parametrize("family", FAMILIES)
def test_only_our_schedule_has_a_last_probe_that_tweedies_formula_is_told_of(family):
    coordinate = coordinate_for(family, "own")
    assert last_probe(Config(), coordinate) == coordinate.span.end
    assert last_probe(Config(probe_start=0.8, probe_end=0.3), coordinate) == 0.3
    for schedule in ("paper", "sawtooth", "mixed"):
        assert last_probe(Config(schedule=schedule), coordinate) == 0.0


def blind_sizes(family, levels, **settings):
    config = Config(**settings)
    coordinate, moment = coordinate_for(family, "own"), TrainingStep(5, 10, 4)
    return probe_size(config, coordinate, levels, moment, rng(), blind=True).flatten()


def test_a_blind_gaussian_network_meets_probes_from_half_to_twice_the_noise_in_any_step():
    levels = torch.full((4000, 1, 1, 1), 25.0)
    sizes = blind_sizes("gaussian", levels) * 255.0 / 25.0
    assert 0.5 <= sizes.min() < 0.51
    assert 1.96 < sizes.max() <= 2.0
    assert sizes.log().mean() == pytest.approx(0.0, abs=0.02)  # evenly in the logarithm: √(½·2) = 1
    weak = blind_sizes("gaussian", levels / 5)
    assert weak.max() / sizes.max() == pytest.approx(5 / 25 * 25 / 255)


@pytest.mark.parametrize("family", ["poisson", "gamma"])
def test_other_blind_networks_have_the_probe_of_those_with_a_level(family):
    levels = torch.full((3, 1, 1, 1), 0.05 if family == "poisson" else 50.0)
    told = probe_size(
        Config(), coordinate_for(family, "own"), levels, TrainingStep(5, 10, 4), rng()
    )
    assert torch.equal(blind_sizes(family, levels), told.flatten())


def test_sizes_that_are_asked_for_are_those_of_a_blind_network_too():
    levels = torch.full((3, 1, 1, 1), 25.0)
    sizes = blind_sizes("gaussian", levels, probe_start=0.4, probe_end=0.1)
    assert sizes.tolist() == pytest.approx([0.2 * 25 / 255] * 3)
