"""The rules of the protocols `float` and `nvlabs`, where the scores are known."""

import dataclasses
import math

import numpy as np
import pytest
from protocols import PROTOCOLS, get_protocol
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.scoring.protocol import levels_255, padded_to_square

FLOAT, NVLABS = get_protocol("float"), get_protocol("nvlabs")


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
    assert str(NVLABS) == "nvlabs-1"


def test_labels_are_unique_and_protocols_are_known_by_their_names():
    assert len({str(protocol) for protocol in PROTOCOLS.values()}) == len(PROTOCOLS)
    assert all(protocol.name == name for name, protocol in PROTOCOLS.items())


def test_a_protocol_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        FLOAT.version = 2


def test_a_protocol_says_in_its_label_that_it_averages_errors():
    with pytest.raises(UserError, match="float: average stays db; float:average=mse changes it"):
        dataclasses.replace(FLOAT, average="mse")
    assert str(get_protocol("float:average=mse")) == "float-1:average=mse"


def test_an_unknown_protocol_is_a_user_error_with_the_nearest_name():
    with pytest.raises(UserError, match="unknown protocol 'flaot'; did you mean 'float'"):
        get_protocol("flaot")


def test_8_bits_round_halves_up_and_clip():
    pixels = np.array([0.5, 0.5 + 1.4 / 255, -0.1, 1.2], dtype=np.float32)
    assert levels_255(pixels).tolist() == [128.0, 129.0, 0.0, 255.0]


def test_8_bit_images_pass_through_the_quantiser():
    levels = np.arange(256)
    assert (levels_255((levels / 255.0).astype(np.float32)) == levels).all()


def test_nvlabs_compares_8_bit_images():
    below_half_a_level = np.float32(0.4 / 255)
    clean = image(100 / 255)
    assert NVLABS.score(clean + below_half_a_level, clean).psnr_db == math.inf
    one_level = NVLABS.score(image(0.5 + 1.4 / 255), image(0.5)).psnr_db
    assert one_level == pytest.approx(20 * math.log10(255), abs=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
def test_nvlabs_scores_are_those_of_another_library_on_8_bit_images(channels):
    rng = np.random.default_rng(0)
    clean = (rng.integers(0, 256, (channels, 24, 40)) / 255).astype(np.float32)
    estimate = clean + rng.normal(0, 0.2, clean.shape).astype(np.float32)
    shown, reference = (levels_255(x).astype(np.uint8) for x in (estimate, clean))
    scores = NVLABS.score(estimate, clean)
    expected = peak_signal_noise_ratio(reference, shown, data_range=255)
    assert scores.psnr_db == pytest.approx(expected, abs=1e-9)
    _, whole = structural_similarity(
        *(reference, shown),
        **{"channel_axis": 0, "data_range": 255, "gaussian_weights": True, "sigma": 1.5},
        **{"use_sample_covariance": False, "full": True},
    )
    assert scores.ssim == pytest.approx(whole[:, 5:-5, 5:-5].mean(), abs=1e-6)
    assert scores.ssim != pytest.approx(FLOAT.score(estimate, clean).ssim, abs=1e-6)


@pytest.mark.parametrize(
    ("sizes", "square_px"),
    [
        ([(512, 768), (768, 512)], 768),
        ([(481, 321), (321, 481)], 512),
        ([(276, 276), (512, 768)], 768),
        ([(32, 5)], 32),
        ([(33, 5)], 64),
    ],
)
def test_the_square_is_the_largest_side_of_the_set_rounded_up_to_32(sizes, square_px):
    images = [np.zeros((1, *size), dtype=np.float32) for size in sizes]
    assert NVLABS.square_px(images) == square_px
    assert FLOAT.square_px(images) is None


@pytest.mark.parametrize(
    ("height", "width", "side_px"), [(3, 7, 32), (276, 300, 768), (32, 32, 32)]
)
def test_an_image_is_reflected_about_its_last_row_and_column_again_and_again(
    height, width, side_px
):
    clean = np.random.default_rng(0).random((3, height, width), dtype=np.float32)

    def mirrored(length):
        place = np.arange(side_px) % (2 * length - 2)
        return np.minimum(place, 2 * length - 2 - place)

    padded = padded_to_square(clean, side_px)
    assert padded.dtype == np.float32
    assert np.array_equal(padded, clean[:, mirrored(height)][:, :, mirrored(width)])
    assert np.array_equal(padded[:, :height, :width], clean)


@pytest.mark.parametrize(
    ("image_set", "repeats"),
    [("kodak", 10), ("kodak-gray", 10), ("bsd300", 3), ("set14", 20), ("set14-12", 20),
     ("set12", 1), ("folder:kodak", 1)],
)  # fmt: skip
def test_nvlabs_repeats_the_sets_of_its_paper_and_float_none(image_set, repeats):
    assert NVLABS.repeats_of(image_set) == repeats
    assert FLOAT.repeats_of(image_set) == 1
    name = image_set.removesuffix("-gray")
    assert (f"{name} ×{repeats}" in NVLABS.summary) == (repeats > 1)


def test_what_padding_before_the_noise_rules_out_is_refused_in_one_line():
    def load():
        return image(0.5, 1)

    plain = ImageSet("folder:a", GRAY, (ImageFile("a", "1", load),))
    pairs = ImageSet("pairs:a:b", GRAY, (ImageFile("a", "1", load, load, "2"),))
    NVLABS.refuse(plain, transductive=False)
    FLOAT.refuse(pairs, transductive=True)
    with pytest.raises(UserError, match="pairs:a:b gives its noisy images: give --protocol float"):
        NVLABS.refuse(pairs, transductive=False)
    with pytest.raises(UserError, match="--train-set test trains on the noisy images"):
        NVLABS.refuse(plain, transductive=True)
