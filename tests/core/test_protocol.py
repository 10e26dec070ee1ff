"""The rules of the `float` protocol, where the scores are known."""

import dataclasses
import math

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.protocol import PROTOCOLS, get_protocol

FLOAT = get_protocol("float")


def image(value, channels=3):
    return np.full((channels, 16, 20), value, dtype=np.float32)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_constant_error_of_a_tenth_is_20_db(channels):
    scores = FLOAT.score(image(0.6, channels), image(0.5, channels))
    assert scores.psnr_db == pytest.approx(20.0, abs=1e-5)
    assert 0.9 < scores.ssim < 1.0


def test_an_estimate_is_clipped_to_white_and_black():
    assert FLOAT.score(image(1.7), image(1.0)).psnr_db == math.inf
    assert FLOAT.score(image(-0.3), image(0.0)).psnr_db == math.inf
    assert FLOAT.score(image(1.7), image(0.9)).psnr_db == pytest.approx(20.0, abs=1e-4)


def test_an_estimate_is_not_rounded_to_8_bits():
    quarter_level = np.float32(0.25 / 255)
    psnr_db = FLOAT.score(image(0.2) + quarter_level, image(0.2)).psnr_db
    assert psnr_db == pytest.approx(20 * math.log10(4 * 255), abs=1e-3)


def test_scoring_leaves_the_estimate_as_it_is():
    estimate = image(1.7)
    FLOAT.score(estimate, image(1.0))
    assert (estimate == np.float32(1.7)).all()


def test_the_channels_are_pooled_in_one_mean_squared_error():
    estimate = image(0.5)
    estimate[0] += np.float32(0.1)
    psnr_db = FLOAT.score(estimate, image(0.5)).psnr_db
    assert psnr_db == pytest.approx(20.0 + 10 * math.log10(3), abs=1e-5)


def test_the_label_has_name_and_version():
    assert str(FLOAT) == "float-1"


def test_labels_are_unique_and_protocols_are_known_by_their_names():
    assert len({str(protocol) for protocol in PROTOCOLS.values()}) == len(PROTOCOLS)
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_a_protocol_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FLOAT.data_range = 255.0
    with pytest.raises(TypeError):
        PROTOCOLS["float"] = FLOAT


def test_an_unknown_protocol_is_a_user_error_with_the_nearest_name():
    with pytest.raises(UserError, match="unknown protocol 'flaot'; did you mean 'float'"):
        get_protocol("flaot")
