"""What a denoiser costs, against sums made by hand."""

import mmap

import pytest
import torch
from scoring import Config, DenoiserOutput, cell, images
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.execution.cost import PeakMemory, gmacs_per_mpx, network_parameters
from denoisebench.images.image_set import LoadedImage
from denoisebench.nn.one_pass import leaky_doubled
from denoisebench.nn.unet import UNet
from denoisebench.plugin.method import TrainedMethod


class Convolved(TrainedMethod[Config]):
    """Two 3×3 convolutions with 8 channels between them, `passes` times."""

    name, summary, config_type = "convolved", "for a test", Config

    def __init__(self, passes=1):
        self.passes = passes

    def evidence(self, config):
        raise NotImplementedError

    def network(self, config, task):
        return nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, 1, 3, padding=1)
        ).eval()

    def loss(self, model, batch, moment, rng):
        raise NotImplementedError

    def denoise(self, model, noisy, level):
        for _ in range(self.passes):
            noisy = model(noisy)
        return noisy


def counted(method, clean, wrapped=lambda denoise: denoise):
    planned = cell(method, [clean])
    network = method.network(Config(), planned.task)
    sizes = []

    def denoise(noisy, level):
        sizes.append(tuple(noisy.shape))
        return method.denoise(network, noisy, level)

    return gmacs_per_mpx(planned, LoadedImage("a.png", clean), wrapped(denoise), "cpu"), sizes


@pytest.mark.parametrize("passes", [1, 4])
def test_the_multiply_adds_are_those_of_every_pass_per_pixel_of_the_image(passes):
    (clean,) = images((1, 40, 30))
    per_pixel = 9 * 8 + 8 * 9
    gmacs, sizes = counted(Convolved(passes), clean)
    assert gmacs == pytest.approx(passes * per_pixel / 1e3, rel=1e-12)
    assert sizes == [(1, 1, 40, 30)]


def test_a_self_ensemble_costs_eight_times_as_many():
    (clean,) = images((1, 40, 30))
    gmacs, sizes = counted(Convolved(), clean, self_ensembled)
    assert gmacs == pytest.approx(8 * counted(Convolved(), clean)[0], rel=1e-12)
    assert sorted(sizes) == [(1, 1, 30, 40)] * 4 + [(1, 1, 40, 30)] * 4


def test_each_kind_of_layer_counts_what_it_multiplies_and_pytorch_agrees():
    (clean,) = images((1, 40, 30))
    network = nn.Sequential(
        nn.Conv2d(1, 6, 3, stride=2, padding=1),
        nn.ConvTranspose2d(6, 4, 2, stride=2),
        nn.ConvTranspose2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.Flatten(2),
        nn.Linear(1200, 1200),
        nn.Unflatten(2, (40, 30)),
        nn.Conv2d(4, 1, 1),
    )
    halved, whole = 20 * 15, 40 * 30
    strided, transposed, depthwise = halved * 6 * 9, halved * 6 * 4 * 4, whole * 4 * 9
    transposed += whole * 2 * 4 * 9
    macs = strided + transposed + depthwise + 4 * 1200 * 1200 + whole * 4
    planned, image = cell(Convolved(), [clean]), LoadedImage("a.png", clean)
    gmacs = gmacs_per_mpx(planned, image, lambda noisy, _: network(noisy), "cpu")
    assert gmacs == pytest.approx(macs / whole / 1e3, rel=1e-12)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.from_numpy(clean)[None])
    assert gmacs == counter.get_total_flops() / 2 / whole / 1e3


@pytest.mark.parametrize("side", [32, 256])
def test_a_network_in_strips_counts_as_many_as_in_one_piece(side):
    """Its convolutions have their leaky ReLUs inside then, of which PyTorch counts nothing."""
    (clean,) = images((1, side, side))
    network = UNet(1).requires_grad_(True)
    planned, image = cell(Convolved(), [clean]), LoadedImage("a.png", clean)
    gmacs = gmacs_per_mpx(planned, image, lambda noisy, _: network(noisy), "cpu")
    with FlopCounterMode(display=False) as counter, torch.enable_grad():
        network(torch.from_numpy(clean)[None])
    assert gmacs == counter.get_total_flops() / 2 / side**2 / 1e3
    assert gmacs == pytest.approx(125.42325)


def test_the_outputs_that_a_transposed_convolution_cuts_off_do_not_count():
    (clean,) = images((1, 12, 10))
    network = nn.ConvTranspose2d(1, 5, 4, stride=2, padding=3)
    planned, image = cell(Convolved(), [clean]), LoadedImage("a.png", clean)
    gmacs = gmacs_per_mpx(planned, image, lambda noisy, _: network(noisy), "cpu")
    assert gmacs == pytest.approx(20 * 16 * 5 * 4 / 120 / 1e3, rel=1e-12)


def test_a_transposed_convolution_with_its_leaky_relu_inside_counts_as_one_without():
    (clean,) = images((1, 12, 10))
    weight, bias = torch.zeros(1, 5, 4, 4), torch.zeros(5)
    planned, image = cell(Convolved(), [clean]), LoadedImage("a.png", clean)
    gmacs = gmacs_per_mpx(
        planned, image, lambda noisy, _: leaky_doubled(noisy, (weight, bias), (3, 3)), "cpu"
    )
    assert gmacs == pytest.approx(20 * 16 * 5 * 4 / 120 / 1e3, rel=1e-12)


def test_the_multiply_adds_of_a_large_image_are_counted_on_a_part_of_it():
    (clean,) = images((1, 400, 130))
    gmacs, sizes = counted(Convolved(), clean)
    assert gmacs == pytest.approx(0.144, rel=1e-12)
    assert sizes == [(1, 1, 256, 130)]


def test_the_parameters_are_weights_and_biases_and_no_statistics():
    (clean,) = images((1, 8, 8))
    before = torch.get_rng_state()
    batch_norm = 2 * 8
    assert network_parameters(cell(Convolved(), [clean])) == (9 * 8 + 8) + batch_norm + (8 * 9 + 1)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_method_without_a_network_has_neither():
    (clean,) = images((1, 8, 8))
    planned = cell(DenoiserOutput(lambda noisy: noisy), [clean])
    image = LoadedImage("a.png", clean)
    assert network_parameters(planned) is None
    assert gmacs_per_mpx(planned, image, lambda noisy, _: noisy, "cpu") is None


def test_the_peak_of_memory_begins_anew_and_sees_what_was_taken_since():
    first = PeakMemory("cpu")
    with mmap.mmap(-1, 100_000_000) as taken:  # goes back to the system, unlike an array's memory
        for start in range(0, len(taken), mmap.PAGESIZE):
            taken[start] = 1
        with_it = first.megabytes()
    if with_it is None:
        pytest.skip("this system does not tell the peak since a moment")
    assert with_it - PeakMemory("cpu").megabytes() > 90
