"""AP-BSN's shuffling and refinement in D-BSN: PD and its inverse, R3, and what they are without."""

import numpy as np
import pytest
import torch

from dbsn import DBSN
from dbsn.config import Config
from dbsn.model import Denoiser, denoise_image
from dbsn.shuffling import REPLACED, denoise_shuffled, refined, shuffle, unshuffle, whole_cells
from denoisebench.noise.correlation_estimator import noise_correlation
from denoisebench.noise.family import Noise
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin import Batch, Model, Task, TrainingStep

TASK = Task(Noise(Gaussian(), 5.0, 55.0), "unknown", 1)
STEP = TrainingStep(step=0, steps=10, patches_per_step=2)


def model(seed: int = 0, **settings) -> Model:
    config = Config(width=4, blocks=1, hidden=4, **settings)
    torch.manual_seed(seed)
    network = Denoiser(config, TASK)
    with torch.no_grad():  # so that it does more than its small start
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return Model(config, TASK, network.eval())


@pytest.mark.parametrize("side", [1, 2, 3, 5])
def test_unshuffle_is_the_inverse_of_shuffle(side):
    images = torch.rand(2, 3, 4 * side, 7 * side)
    assert torch.equal(unshuffle(shuffle(images, side), side), images)
    parts = shuffle(torch.rand(side**2 * 2, 3, 4, 7).clone(), 1)
    assert torch.equal(shuffle(unshuffle(parts, side), side), parts)


def test_images_of_a_shuffle_are_those_of_the_papers_mosaic():
    image = torch.arange(16.0).view(1, 1, 4, 4)
    top_left, top_right, low_left, low_right = shuffle(image, 2)[:, 0]
    mosaic = torch.cat([torch.cat([top_left, top_right], 1), torch.cat([low_left, low_right], 1)])
    rows = [[0, 2, 1, 3], [8, 10, 9, 11], [4, 6, 5, 7], [12, 14, 13, 15]]
    assert mosaic.tolist() == rows


def test_shuffled_noise_is_less_correlated():
    clean = np.full((1, 600, 600), 0.5, np.float32)
    noisy = Correlated(1.0).sample(clean, 25.0, Stream("shuffled"))
    parted = shuffle(torch.from_numpy(noisy)[None], 5)[:, 0].numpy()
    assert noise_correlation(noisy).of_neighbours > 0.5
    assert abs(noise_correlation([np.concatenate(list(parted[:5]))]).of_neighbours) < 0.05


def test_a_denoiser_of_single_pixels_does_not_see_the_shuffle():
    noisy = torch.rand(1, 3, 11, 13)
    assert torch.equal(denoise_shuffled(torch.square, noisy, 3), noisy.square())


def test_without_refinement_the_first_result_stays():
    noisy, first = torch.rand(1, 1, 8, 8), torch.rand(1, 1, 8, 8)
    assert torch.equal(refined(torch.neg, noisy, first, 0), first)


def test_refinement_replaces_the_papers_share_and_averages():
    noisy, first = torch.ones(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
    seen = []
    result = refined(lambda x: seen.append(x) or x, noisy, first, 8)
    assert len(seen) == 8
    assert torch.allclose(result, sum(seen) / 8)
    assert abs(float(torch.stack(seen).mean()) - REPLACED) < 0.005
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(result, refined(lambda x: x, noisy, first, 8))  # the same every time


def test_shuffle_of_one_without_refinement_is_the_mean_of_the_plain_network():
    noisy = torch.rand(1, 1, 30, 34)
    plain, alone = model(result="mean"), model(likelihood="none")
    alone.network.blind.load_state_dict(plain.network.blind.state_dict())
    expected = denoise_image(plain, noisy, None).image
    torch.testing.assert_close(denoise_image(alone, noisy, None).image, expected)
    shuffled = model(shuffle=2, shuffle_test=2)
    assert not torch.allclose(denoise_image(shuffled, noisy, None).image, expected, atol=1e-5)


@pytest.mark.parametrize("side", [1, 2, 5])
def test_the_loss_is_the_absolute_error_of_the_unshuffled_mean(side):
    method, noisy = DBSN(), torch.rand(3, 1, 32, 32)
    settings = {"likelihood": "none"} if side == 1 else {"shuffle": side}
    alone = model(**settings, shuffle_test=side)
    found = method.loss(alone, Batch(noisy, None, None), STEP, torch.Generator())
    whole = whole_cells(noisy, side)
    mean = torch.cat([denoise_image(alone, one[None], None).image for one in whole])
    torch.testing.assert_close(found, (mean - whole).abs().mean(dim=(1, 2, 3)))


def test_a_pixel_is_not_seen_where_it_is_predicted():
    alone = model(shuffle=2, shuffle_test=2)
    noisy = torch.rand(1, 1, 24, 24, requires_grad=True)
    with torch.enable_grad():
        mean = denoise_image(alone, noisy, None).image
        mean[0, 0, 11, 12].backward()
    assert noisy.grad[0, 0, 11, 12] == 0.0
    assert noisy.grad[0, 0, 11, 13] == 0.0  # nor its neighbour, which has the same noise
    assert noisy.grad[0, 0, 11, 14] != 0.0


def test_correlated_noise_is_taken_with_a_shuffle_alone():
    method = DBSN()
    alike = Task(Noise(Correlated(1.0), 25.0, 25.0), "known", 3)
    assert "shuffle=5" in method.declines(Config(), alike)
    assert method.declines(Config(shuffle=5, shuffle_test=2, refine=8), alike) is None
    assert method.stages(Config(shuffle=5), alike) == (1.0,)


def test_shuffles_of_the_test_share_a_training():
    method = DBSN()
    one, other = Config(shuffle=5), Config(shuffle=5, shuffle_test=2, refine=8)
    assert method.trained_as(one) == method.trained_as(other) == Config(shuffle=5)


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="shuffle=2 or more"):
        Config(refine=8)
    with pytest.raises(ValueError, match="no posterior"):
        Config(shuffle=2, student="unet")
