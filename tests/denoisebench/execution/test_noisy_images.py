"""Noisy images are drawn once for all methods, and are what each would have drawn itself."""

from dataclasses import replace

import numpy as np
import pytest
from protocols import get_protocol
from scoring import DenoiserOutput, cell, images

from denoisebench.execution import noisy_images
from denoisebench.execution.noisy_images import NoisyImages
from denoisebench.images.pixels import pixel_hash
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian

CLEAN = images((3, 20, 40), (3, 36, 12))


class CountedGaussian(Gaussian):
    """Gaussian noise that counts its draws."""

    drawn = 0

    def sample(self, *args):
        self.drawn += 1
        return super().sample(*args)


@pytest.fixture
def family():
    return CountedGaussian()


@pytest.fixture
def planned(family):
    return cell(DenoiserOutput(lambda noisy: noisy), CLEAN, noise=Noise(family, 25.0, 25.0))


def all_of(made, planned, repeats=1):
    loaded = [file.read() for file in planned.image_set.images]
    return [made.get(planned, image, None, repeat) for image in loaded for repeat in range(repeats)]


def test_a_second_cell_is_given_the_same_images_without_a_draw(family, planned):
    made = NoisyImages()
    first = all_of(made, planned, repeats=2)
    assert family.drawn == 4
    second = all_of(made, replace(planned, parameters="unknown"), repeats=2)
    assert family.drawn == 4
    for one, other in zip(first, second, strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert one[1:] == other[1:]
        assert other[1:3] == (25.0, pixel_hash(other.pixels))


def test_a_method_that_writes_into_its_image_spoils_nothing(planned):
    made = NoisyImages()
    (first, _), expected = all_of(made, planned), all_of(NoisyImages(), planned)
    first.pixels[:] = 0.0
    assert np.array_equal(all_of(made, planned)[0].pixels, expected[0].pixels)


@pytest.mark.parametrize("what", ["seed", "noise", "protocol", "image set"])
def test_another_seed_noise_protocol_or_set_has_its_own(family, planned, what):
    changed = {
        "seed": {"seed": 1},
        "noise": {"noise": Noise(family, 50.0, 50.0)},
        "protocol": {"protocol": get_protocol("dbsn")},
        "image set": {"image_set": replace(planned.image_set, spec="folder:y")},
    }
    other = replace(planned, **changed[what])
    made = NoisyImages()
    all_of(made, planned)
    found, expected = all_of(made, other), all_of(NoisyImages(), other)
    assert [image.sha256 for image in found] == [image.sha256 for image in expected]
    assert family.drawn == 6


def test_what_does_not_fit_is_drawn_again(family, planned, monkeypatch):
    monkeypatch.setattr(noisy_images, "KEPT_BYTES", CLEAN[0].nbytes)
    made = NoisyImages()
    first, second = all_of(made, planned), all_of(made, planned)
    assert family.drawn == 3
    assert [image.sha256 for image in first] == [image.sha256 for image in second]
