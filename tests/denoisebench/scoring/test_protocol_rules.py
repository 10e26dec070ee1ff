"""Each rule that a protocol may have, against what is known; names, settings and their words."""

from dataclasses import replace
from typing import get_args, get_type_hints

import numpy as np
import pytest
from protocols import PROTOCOLS, get_protocol, labelled
from scoring import DenoiserOutput, cell, images, scored
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.scoring.protocol import Protocol, levels_255, luma
from denoisebench.scoring.protocol_text import CHOICES, differences, refuse_mixed, spelled_out

NOISE = Noise(Gaussian(), 25.0, 25.0)
EIGHT_BIT = (np.arange(256) / 255).astype(np.float32).reshape(1, 16, 16)


def pair(channels=3, size=(24, 40)):
    """A clean image of 8 bits and an estimate that leaves [0, 1]."""
    rng = np.random.default_rng(1)
    clean = (rng.integers(0, 256, (channels, *size)) / 255).astype(np.float32)
    return clean + rng.normal(0, 0.1, clean.shape).astype(np.float32), clean


def identity():
    return DenoiserOutput(lambda noisy: noisy)


@pytest.mark.parametrize("estimate", ["half-up", "half-even", "truncated"])
def test_an_image_of_8_bits_is_its_own_levels_however_it_is_rounded(estimate):
    protocol = get_protocol(f"float:estimate={estimate}")
    compared = protocol.compared(EIGHT_BIT, EIGHT_BIT)
    assert np.array_equal(compared.estimate.ravel(), np.arange(256))
    assert np.array_equal(compared.clean, compared.estimate)
    assert compared.white == 255.0


@pytest.mark.parametrize(
    ("estimate", "levels"), [("half-up", [1, 2]), ("half-even", [0, 2]), ("truncated", [0, 1])]
)
def test_halves_are_rounded_up_to_even_or_cut_off(estimate, levels):
    split_in_halves = np.array([[[0.5, 1.5]]], dtype=np.float32) / np.float32(255)
    compared = get_protocol(f"float:estimate={estimate}").compared(split_in_halves, split_in_halves)
    assert compared.estimate.ravel().tolist() == levels
    assert compared.clean.ravel().tolist() == [1, 2]


def test_kair_scores_what_its_code_writes_as_8_bits():
    estimate, clean = pair()
    shown = np.uint8((estimate.clip(0, 1) * np.float32(255)).round())
    reference = np.uint8(np.rint(clean * 255))
    expected = peak_signal_noise_ratio(reference, shown, data_range=255)
    assert get_protocol("kair").score(estimate, clean).psnr_db == pytest.approx(expected, abs=1e-9)


def test_the_luma_is_that_of_another_library_for_floats_and_for_levels():
    _, clean = pair()
    expected = rgb2ycbcr(clean, channel_axis=0)[0]
    assert np.allclose(luma(clean, 1.0)[0] * 255, expected, atol=1e-4)
    assert np.allclose(luma(levels_255(clean), 255.0)[0], expected, atol=1e-4)


@pytest.mark.parametrize("estimate", ["float", "half-even"])
def test_under_luma_a_gray_error_of_rgb_counts_219_in_255_and_a_gray_set_is_as_it_is(estimate):
    plain = get_protocol(f"float:estimate={estimate}")
    by_luma = get_protocol(f"float:estimate={estimate}:channels=luma")
    clean, estimate = (np.full((3, 16, 20), level / 255, np.float32) for level in (100, 120))
    gain_db = 20 * np.log10(255 / 219)
    ours, theirs = (p.score(estimate, clean).psnr_db for p in (by_luma, plain))
    assert ours - theirs == pytest.approx(gain_db, abs=1e-4)
    assert by_luma.score(estimate[:1], clean[:1]) == plain.score(estimate[:1], clean[:1])


def test_what_lies_in_the_border_is_not_scored():
    estimate, clean = pair()
    cut = get_protocol("float:border_px=4").score(estimate, clean)
    assert cut == get_protocol("float").score(estimate[:, 4:-4, 4:-4], clean[:, 4:-4, 4:-4])
    with pytest.raises(UserError, match="border_px=12 leaves nothing of an image of 40×24 pixels"):
        get_protocol("float:border_px=12").score(estimate, clean)


def test_images_of_one_size_share_a_noise_field_that_no_other_size_or_seed_has():
    first, second, wide = images((3, 20, 40), (3, 20, 40), (3, 40, 20))
    fields = [NOISE.noisy(x, seed=0, by="size")[0] - x for x in (first, second)]
    assert np.allclose(*fields, atol=1e-6)
    assert not np.allclose(NOISE.noisy(first, seed=1, by="size")[0] - first, fields[0], atol=0.01)
    other = (NOISE.noisy(wide, seed=0, by="size")[0] - wide).ravel()
    assert abs(np.corrcoef(other, fields[0].ravel())[0, 1]) < 0.1


@pytest.mark.parametrize("protocol", ["dbsn", "kair"])
def test_under_dbsn_and_kair_a_method_is_shown_the_shared_noise(protocol):
    method, clean = identity(), images((1, 20, 40), (1, 20, 40))
    scored(cell(method, clean, protocol=protocol))
    expected = [NOISE.noisy(x, seed=0, by="size")[0] for x in clean]
    assert all(np.array_equal(*each) for each in zip(method.seen, expected, strict=True))


def test_a_noisy_image_of_8_bits_is_the_float_one_clipped_and_rounded():
    method, clean = identity(), images((1, 20, 40))
    (score,) = scored(cell(method, clean, protocol="float:noisy=8-bit"))
    noisy, _ = NOISE.noisy(clean[0], seed=0)
    expected = np.rint(np.clip(noisy, 0, 1) * 255) / 255
    assert np.allclose(method.seen[0], expected, atol=1e-6)
    assert score.noisy_psnr_db == score.psnr_db  # nothing is left to be clipped


def test_a_setting_is_part_of_the_label_in_one_order_and_the_usual_value_is_none():
    made = get_protocol("float:noisy=8-bit:border_px=04:estimate=float")
    assert str(made) == "float-1:border_px=4:noisy=8-bit"
    assert made.spec == "float:border_px=4:noisy=8-bit"
    assert made.summary.startswith(PROTOCOLS["float"].summary)
    assert "noisy: clipped to [0, 1] and rounded to 8 bits" in made.summary
    assert get_protocol("kair:noise_by=size") is PROTOCOLS["kair"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("float:noisy=7-bit", "noisy is float or 8-bit, not '7-bit'"),
        ("float:nois=8-bit", "unknown setting of a protocol 'nois'; did you mean 'noisy'"),
        ("float:border_px=-1", "border_px: '-1' is not in 0..10000"),
        ("float:2", "'2' is not setting=value"),
    ],
)
def test_a_setting_that_there_is_not_is_a_user_error(text, message):
    with pytest.raises(UserError, match=message):
        get_protocol(text)


@pytest.mark.parametrize("text", [*PROTOCOLS, "kair:channels=luma:border_px=2"])
def test_a_label_leads_back_to_its_protocol(text):
    assert labelled(str(get_protocol(text))) == get_protocol(text)


@pytest.mark.parametrize("label", ["float-2", "other-1", "float", "float-1:noisy=x", ":", ""])
def test_a_label_that_is_not_known_is_no_protocol(label):
    assert labelled(label) is None


def test_every_value_of_every_setting_is_in_words():
    hints = get_type_hints(Protocol)
    for name, words in CHOICES.items():
        assert set(words) == set(get_args(hints[name]))
        assert len(set(words.values())) == len(words)


def test_every_rule_that_differs_is_named_and_only_those():
    def rules(first, second):
        return [d.rule for d in differences(get_protocol(first), get_protocol(second))]

    assert rules("float", "nvlabs") == ["before the noise", "repeats", "estimate"]
    assert rules("nvlabs", "neighbor2neighbor") == ["before the noise", "noisy image"]
    assert rules("float", "kair") == ["noise", "estimate"]
    assert rules("float", "dbsn") == ["noise"]
    assert rules("dbsn", "kair") == ["estimate"]
    assert rules("float", "noise2score") == []
    everything = "float:noise_by=size:noisy=8-bit:estimate=truncated:channels=luma:border_px=1"
    changed = rules("float", f"{everything}:average=mse")
    titles = set(spelled_out(PROTOCOLS["float"]))
    assert titles - set(changed) == {"before the noise", "repeats", "PSNR", "SSIM"}


def test_mixed_protocols_are_refused_with_the_rules_that_differ():
    refuse_mixed([PROTOCOLS["float"]])
    with pytest.raises(UserError) as refused:
        refuse_mixed([PROTOCOLS[name] for name in ("float", "kair", "noise2score")])
    told = str(refused.value)
    assert "float-1 and kair-1 differ in noise (each image has separate noise" in told
    assert "| images of one size share one noise field); estimate (clipped" in told
    assert "float-1 and noise2score-1 have the same rules under two names" in told


@pytest.mark.parametrize(
    ("text", "why"),
    [("kair", "one noise field to all images of a size"), ("float:noisy=8-bit", "rounds to 8")],
)
def test_training_on_what_is_scored_is_refused_where_it_would_be_other_noise(text, why):
    plain = ImageSet("folder:a", GRAY, (ImageFile("a", "1", lambda: EIGHT_BIT),))
    get_protocol(text).refuse(plain, transductive=False)
    with pytest.raises(UserError, match=why):
        get_protocol(text).refuse(plain, transductive=True)


def test_a_given_noisy_image_is_rounded_too():
    noisy, clean = pair(channels=1)
    given = ImageFile("a.png", "1", lambda: clean, lambda: noisy, "2")
    method = identity()
    planned = cell(method, [clean], protocol="float:noisy=8-bit")
    scored(replace(planned, image_set=ImageSet("pairs:a:b", GRAY, (given,))))
    assert np.allclose(method.seen[0], np.rint(np.clip(noisy, 0, 1) * 255) / 255, atol=1e-6)
