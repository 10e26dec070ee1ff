"""Text noise: golden noisy images, the font, how much is covered, and what stays of the image."""

import numpy as np
import pytest
import torch
from noises import begin_of_hash, noise

from denoisebench.errors import UserError
from denoisebench.noise.stream import Stream
from denoisebench.noise_models import font
from denoisebench.noise_models.font import GLYPH_HEIGHT, GLYPH_WIDTH, LETTERS, word
from denoisebench.noise_models.text import LARGEST, LONGEST, SHORTEST, Text, written

COLOUR = (3, 120, 160)
ONE_WORD = 1e-9  # percent: the first word is enough

# (spec, seed, draw) -> how the hash of the gray page's noisy copy begins, see test_noise_models.py.
GOLDEN = {
    ("text:25", 0, 0): "62c8573b120bb0ff",
    ("text:25", 0, 1): "e56ca77b28d5e2ae",
    ("text:25", 1, 0): "4c4cc8af149917e6",
    ("text:0..50", 0, 0): "33dfb499b4329a2d",
    ("text:0..50", 1, 1): "35529eb508f08753",
    ("text:95", 0, 0): "76968a17c8a0b0df",
}


def page(shape=COLOUR, value=0.3):
    return np.full(shape, value, dtype=np.float32)


def letter(character, scale=1):
    return word(np.array([LETTERS.index(character)]), scale)


def covered_share(shape, level, *key):
    return written(shape, level, Stream("test", *key))[0].mean()


@pytest.mark.parametrize(("text", "seed", "draw"), GOLDEN)
def test_a_noisy_image_is_the_same_on_every_machine_for_ever(text, seed, draw):
    assert begin_of_hash(text, seed, draw, page()) == GOLDEN[text, seed, draw]


def test_glyphs_that_were_changed_without_their_hash_are_refused(monkeypatch):
    monkeypatch.setattr(font, "SHA256", "0" * 64)
    font._glyphs.cache_clear()
    with pytest.raises(RuntimeError, match=r"font\.txt is not what its SHA-256"):
        letter("g")


def test_the_font_has_62_letters_each_unlike_the_others():
    assert len(set(LETTERS)) == len(LETTERS) == 62
    assert LETTERS.isalnum()
    drawn = {letter(character).tobytes() for character in LETTERS}
    assert len(drawn) == 62
    assert all(letter(character).sum() >= 8 for character in LETTERS)


def test_a_letter_is_drawn_as_it_is_written_down():
    rows = ["".join(" #"[int(ink)] for ink in row) for row in letter("g")]
    assert rows == ["     "] * 2 + [" ####", "#   #", "#   #", "#   #", " ####", "    #", " ### "]
    below_the_line = {c for c in LETTERS if letter(c)[7:].any()}
    assert below_the_line == set("gjpqy")


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_a_word_is_its_letters_with_a_free_column_between_them(scale):
    ink = word(np.array([10, 11, 61]), scale)
    assert ink.shape == (GLYPH_HEIGHT * scale, (3 * (GLYPH_WIDTH + 1) - 1) * scale)
    small = ink[::scale, ::scale]
    assert (small.repeat(scale, axis=0).repeat(scale, axis=1) == ink).all()
    assert (small[:, 6:11] == letter("B")).all()
    assert not small[:, [5, 11]].any()


@pytest.mark.parametrize("level", [1, 25, 50, 95])
@pytest.mark.parametrize("shape", [(1, 64, 64), COLOUR, (1, 200, 40)])
def test_more_than_p_percent_is_covered_and_less_than_a_word_more(shape, level):
    most = LONGEST * max(letter(character, LARGEST).sum() for character in LETTERS)
    pixels = shape[1] * shape[2]
    for key in range(3):
        count = covered_share(shape, level, str(key)) * pixels
        assert level * pixels / 100 < count <= level * pixels / 100 + most


def test_all_channels_are_covered_at_once_and_what_is_not_covered_is_clean():
    clean = page(value=2.0)
    noisy, _ = noise("text:25").noisy(clean, seed=0)
    covered = noisy != clean
    assert (covered == covered[:1]).all()
    assert noisy.dtype == np.float32
    assert noisy[covered].min() >= 0.0
    assert noisy[covered].max() < 1.0
    assert 0.25 < covered.mean() < 0.35
    assert (clean == 2.0).all()


@pytest.mark.parametrize("channels", [1, 3])
def test_a_word_has_one_colour_and_is_one_of_5_to_10_letters_in_three_sizes(channels):
    heights, widths, colours = set(), set(), []
    for key in range(60):
        covered, colour = written((channels, 40, 400), ONE_WORD, Stream("one", str(key)))
        found = {tuple(c) for c in colour[:, covered].T.tolist()}
        assert len(found) == 1
        colours += found
        rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
        heights.add(int(np.ptp(rows)) + 1)
        widths.add(int(np.ptp(columns)) + 1)
    assert GLYPH_HEIGHT * (LARGEST - 1) < max(heights) <= GLYPH_HEIGHT * LARGEST
    assert max(widths) <= (LONGEST * 6 - 1) * LARGEST
    assert max(widths) > (SHORTEST * 6 - 1) * LARGEST
    assert len(set(colours)) == 60
    assert np.mean(colours) == pytest.approx(0.5, abs=4 / np.sqrt(12 * 60))


def test_a_later_word_lies_over_an_earlier_one():
    few, many = (written(COLOUR, level, Stream("order")) for level in (20, 60))
    assert not (few[0] & ~many[0]).any()
    overwritten = few[0] & (few[1] != many[1]).any(axis=0)
    assert 0 < overwritten.sum() < few[0].sum()
    first = {tuple(c) for c in few[1][:, few[0]].T.tolist()}
    assert not first & {tuple(c) for c in many[1][:, overwritten].T.tolist()}


@pytest.mark.parametrize(
    "shape", [(1, 1, 1), (3, 1, 1), (3, 2, 2), (1, 1, 50), (1, 50, 1), (3, 8, 5)]
)
def test_a_small_image_cuts_words_off_and_still_comes_to_an_end(shape):
    for level in (0.0, ONE_WORD, 50.0, 95.0):
        share = covered_share(shape, level, str(shape))
        assert share == 0.0 if level == 0.0 else share > level / 100


def test_at_level_0_there_is_no_word_and_just_above_it_one():
    assert (noise("text:0").noisy(page(), seed=0)[0] == page()).all()
    noisy, _ = noise("text:1e-09").noisy(page(), seed=0)
    assert (noisy != page()).any()


def test_every_pixel_is_as_likely_to_be_covered():
    mean = np.mean(
        [written((1, 40, 60), 20, Stream("even", str(i)))[0] for i in range(600)], axis=0
    )
    inside = mean[10:-10, 10:-10].mean()
    borders = [mean[:2], mean[-2:], mean[:, :2], mean[:, -2:]]
    assert np.array([border.mean() for border in borders]) == pytest.approx(inside, rel=0.15)


def test_the_median_over_many_draws_is_the_clean_image_below_one_half_and_the_mean_is_not():
    clean = ramp = np.linspace(0.05, 0.2, 24 * 24, dtype=np.float32).reshape(1, 24, 24)
    noisy = np.stack([noise("text:20").noisy(clean, seed=0, draw=i)[0] for i in range(151)])
    assert (np.median(noisy, axis=0) == ramp).all()
    assert (noisy.mean(axis=0) > ramp + 0.02).all()
    family = noise("text:20").family
    assert family.preserves == "median"
    assert not family.independent


def test_fresh_text_is_that_of_the_fixed_kind_each_patch_at_its_own_level():
    levels = torch.tensor([0.0, 10.0, 25.0, 50.0]).repeat(40).view(-1, 1, 1, 1)
    clean = torch.full((160, 3, 32, 32), 2.0)
    noisy = Text().resample(clean, levels, torch.Generator().manual_seed(0))
    assert noisy.dtype == torch.float32
    covered = noisy != 2.0
    assert (covered == covered[:, :1]).all()
    assert float(noisy[covered].min()) >= 0.0
    assert float(noisy[covered].max()) < 1.0
    shares = covered[:, 0].float().mean(dim=(1, 2)).view(40, 4)
    fixed = [[covered_share((3, 32, 32), p, str(i)) for p in (0, 10, 25, 50)] for i in range(40)]
    assert shares[:, 0].max() == 0.0
    error = np.std(fixed, axis=0) * np.sqrt(2 / 40) + 1e-9
    assert (np.abs(shares.numpy().mean(0) - np.mean(fixed, axis=0)) < 4 * error).all()


def test_the_generator_alone_decides_and_the_patches_of_a_batch_have_other_texts():
    def draw(seed):
        rng = torch.Generator().manual_seed(seed)
        return Text().resample(torch.zeros(2, 1, 64, 64), torch.full((2, 1, 1, 1), 25.0), rng)

    assert torch.equal(draw(0), draw(0))
    assert not torch.equal(draw(0), draw(1))
    assert not torch.equal(draw(0)[0], draw(0)[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text:96", r"p \(percent of the pixels covered\) must lie in 0\.\.95"),
        ("text", r"give one p, as in text:50"),
        ("text:50..0", r"the range runs backwards; write 0\.\.50"),
    ],
)
def test_a_bad_spec_is_refused_in_one_line_that_says_what_would_be_right(text, message):
    with pytest.raises(UserError, match=message):
        noise(text)
