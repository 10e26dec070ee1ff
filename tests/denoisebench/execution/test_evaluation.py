"""What a method is shown under each protocol, what is scored, and which outputs are refused."""

import math

import numpy as np
import pytest
import torch
from protocols import get_protocol
from scoring import DenoiserOutput, cell, images, scored

from denoisebench.errors import PluginError
from denoisebench.images.pixels import pixel_hash
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Denoised, Output
from denoisebench.scoring.metrics import psnr_db
from denoisebench.scoring.protocol import levels_255, padded_to_square

NOISE = Noise(Gaussian(), 25.0, 25.0)
CLEAN = images((3, 20, 40), (3, 36, 12))


def stored_db(estimate, clean, data_range):
    """PSNR with the digits that a result has."""
    return round(psnr_db(estimate, clean, data_range=data_range), 6)


def identity():
    return DenoiserOutput(lambda noisy: noisy)


def test_under_float_each_image_is_scored_once_as_large_as_it_is():
    method = identity()
    scores = scored(cell(method, CLEAN, image_set="kodak"))
    assert [(score.image, score.repeat) for score in scores] == [("a.png", 0), ("b.png", 0)]
    for clean, seen, score in zip(CLEAN, method.seen, scores, strict=True):
        noisy, _ = NOISE.noisy(clean, seed=0)
        assert np.array_equal(seen, noisy)
        assert score.noisy_sha256 == pixel_hash(noisy)
        assert score.psnr_db == stored_db(noisy.clip(0, 1), clean, data_range=1.0)
        assert score.noisy_psnr_db == stored_db(noisy, clean, data_range=1.0)
        assert score.megapixels == clean[0].size / 1e6


def test_under_nvlabs_noise_is_added_to_the_padded_image_and_drawn_anew_for_each_repeat():
    method = identity()
    scores = scored(cell(method, CLEAN, image_set="bsd300", protocol="nvlabs"))
    names = [(score.image, score.repeat) for score in scores]
    assert names == [(name, repeat) for name in ("a.png", "b.png") for repeat in range(3)]
    draws = (0, 2, 3)  # 1 is the second copy of a pair
    expected = [
        NOISE.noisy(padded_to_square(clean, 64), seed=0, draw=draw)[0]
        for clean in CLEAN
        for draw in draws
    ]
    assert all(np.array_equal(*pair) for pair in zip(method.seen, expected, strict=True))
    assert [score.noisy_sha256 for score in scores] == [pixel_hash(noisy) for noisy in expected]
    assert {score.megapixels for score in scores} == {64 * 64 / 1e6}


def test_under_nvlabs_the_original_pixels_alone_are_scored_in_8_bits():
    method = identity()
    scores = scored(cell(method, CLEAN, image_set="bsd300", protocol="nvlabs"))
    for seen, clean, score in zip(method.seen[::3], CLEAN, scores[::3], strict=True):
        inside = seen[:, : clean.shape[1], : clean.shape[2]]
        assert score.psnr_db == stored_db(levels_255(inside), levels_255(clean), data_range=255.0)
        assert score.noisy_psnr_db == stored_db(inside, clean, data_range=1.0)


def test_under_neighbor2neighbor_each_noisy_image_is_reflected_to_a_square_of_its_own():
    method = identity()
    scores = scored(cell(method, CLEAN, image_set="bsd300", protocol="neighbor2neighbor"))
    expected = [
        padded_to_square(NOISE.noisy(clean, seed=0, draw=draw)[0], -(-max(clean.shape) // 32) * 32)
        for clean in CLEAN
        for draw in (0, 2, 3)
    ]
    assert all(np.array_equal(*pair) for pair in zip(method.seen, expected, strict=True))
    for seen, clean, score in zip(method.seen[::3], CLEAN, scores[::3], strict=True):
        inside = seen[:, : clean.shape[1], : clean.shape[2]]
        assert score.psnr_db == stored_db(levels_255(inside), levels_255(clean), data_range=255.0)


def test_a_range_has_a_new_level_for_each_repeat_and_it_is_told():
    method = identity()
    planned = cell(
        method, CLEAN, image_set="bsd300", protocol="nvlabs", noise=Noise(Gaussian(), 5.0, 50.0)
    )
    scores = scored(planned)
    assert len({score.level for score in scores}) == 6
    assert method.told == [score.level for score in scores]


def test_the_estimated_level_is_kept_for_each_repeat():
    method = DenoiserOutput(lambda noisy: Denoised(noisy, level=float(noisy.std())))
    scores = scored(cell(method, CLEAN, image_set="bsd300", protocol="nvlabs"))
    expected = [pytest.approx(seen.std(ddof=1), rel=1e-5) for seen in method.seen]
    assert [score.level_estimate for score in scores] == expected


def test_an_estimate_of_another_size_or_not_finite_is_refused():
    with pytest.raises(
        PluginError, match=r"returned \(1, 3, 19, 40\) of an image of \(1, 3, 20, 40\)"
    ):
        scored(cell(DenoiserOutput(lambda noisy: noisy[:, :, 1:]), CLEAN))
    with pytest.raises(PluginError, match="made made pixels that are not finite"):
        scored(cell(DenoiserOutput(lambda noisy: noisy / 0.0), CLEAN))


def out(shape=(1, 1, 20, 40), value=0.5, white=1.0):
    return Output(torch.full(shape, value), white)


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        ({"std": out((1, 2, 20, 40))}, r"output 'std' \(2, 20, 40\) of an image of \(3, 20, 40\)"),
        ({"std": out((1, 1, 20, 41))}, r"output 'std' \(1, 20, 41\) of an image of \(3, 20, 40\)"),
        ({"mean": out(value=math.nan)}, "output 'mean' with pixels that are not finite"),
        ({"mean": out(white=0.0)}, "output 'mean' with white at 0"),
        ({"mean": out(white=math.inf)}, "output 'mean' with white at inf"),
        ({"noisy": out()}, "an output 'noisy'; a plain word is wanted"),
        ({"../up": out()}, "an output '../up'; a plain word is wanted"),
        ({"std": torch.zeros(1, 1, 20, 40)}, "made raised AttributeError"),
    ],
)
def test_an_output_that_cannot_be_shown_is_refused_by_name(outputs, message):
    method = DenoiserOutput(lambda noisy: Denoised(noisy, outputs=outputs))
    with pytest.raises(PluginError, match=message):
        scored(cell(method, CLEAN))


def test_progress_counts_repeats():
    told = []
    scored(cell(identity(), CLEAN, image_set="bsd300", protocol="nvlabs"), progress=told.append)
    assert [(p.done, p.total) for p in told] == [(n, 6) for n in range(1, 7)]


def test_the_label_of_the_protocol_makes_another_cell():
    first = cell(identity(), CLEAN)
    assert first.id != cell(identity(), CLEAN, protocol="nvlabs").id
    assert first.protocol is get_protocol("float")
