"""The preview of a noise model: which levels it shows, their PSNR, and the picture."""

import math

import numpy as np
import pytest
from noises import noise
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.figures.noise_preview import (
    LEAST_PX,
    MARGIN_PX,
    SHOWN_PX,
    decibels,
    draw_panels,
    levels_shown,
    write_picture,
)
from denoisebench.noise.family import NoiseFamily
from denoisebench.specs import parse_spec


def gradient(channels, height, width):
    ramp = np.linspace(0.1, 0.9, width, dtype=np.float32)
    return np.broadcast_to(ramp, (channels, height, width)).copy()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("gaussian:25", ["gaussian:12.5", "gaussian:25", "gaussian:50"]),
        ("gaussian:0.01", ["gaussian:0.01", "gaussian:0.02"]),
        ("gaussian:1000", ["gaussian:500", "gaussian:1000"]),
        ("gamma:1", ["gamma:1", "gamma:2"]),
        ("impulse:70", ["impulse:35", "impulse:70", "impulse:85"]),
        ("dropout:0.5", ["dropout:0.25", "dropout:0.5", "dropout:0.745"]),
        ("text:0", ["text:0"]),
        ("impulse:100", ["impulse:50", "impulse:100"]),
        ("poisson-peak:30", ["poisson:0.0167", "poisson:0.03333333333", "poisson:0.0667"]),
    ],
)
def test_a_level_stands_between_half_of_it_and_twice_as_far_as_there_are_such(text, shown):
    assert [str(model) for model in levels_shown(noise(text))] == shown


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("gaussian:5..50", [5, 10.8, 23.2, 50]),
        ("text:10..40", [10, 20, 30, 40]),
        ("text:0..50", [12.5, 25, 37.5, 50]),
        ("gaussian:0..50", [12.5, 25, 37.5, 50]),
        ("gaussian:25..25.01", [25, 25.01]),
    ],
)
def test_a_range_is_shown_by_levels_spread_as_its_own(text, levels):
    shown = levels_shown(noise(text))
    assert [model.low for model in shown] == levels
    assert not any(model.is_range for model in shown)


def test_a_panel_is_what_a_run_scores():
    clean = gradient(3, 40, 50)
    panels = draw_panels(clean, noise("gaussian:25"), 7)
    assert [panel.asked for panel in panels] == [False, True, False]
    expected, _ = noise("gaussian:25").noisy(clean, seed=7)
    assert (panels[1].noisy == expected).all()
    assert panels[1].noisy_psnr_db == pytest.approx(
        -10 * math.log10(np.mean((expected - clean) ** 2))
    )
    assert panels[1].noisy_psnr_db == pytest.approx(20.17, abs=0.3)
    assert all(panel.asked for panel in draw_panels(clean, noise("gaussian:5..50"), 0))


def picture(tmp_path, clean, text):
    """The written picture, (height, width, 3), and the panels in it."""
    panels = draw_panels(clean, noise(text), 0)
    write_picture(tmp_path / "p.png", "name", clean, panels)
    with Image.open(tmp_path / "p.png") as image:
        assert image.mode == "RGB"
        return np.asarray(image), panels


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_holds_the_middle_of_the_clean_image_and_then_of_each_panel(tmp_path, channels):
    clean = gradient(channels, 300, 500)
    pixels, panels = picture(tmp_path, clean, "impulse:50")
    foot = pixels[-MARGIN_PX - 300 : -MARGIN_PX]
    for number, shown in enumerate([clean, *(panel.noisy for panel in panels)]):
        left = MARGIN_PX + number * (SHOWN_PX + MARGIN_PX)
        middle = np.rint(shown[:, :, 90:410].clip(0, 1) * 255).transpose(1, 2, 0)
        assert (foot[:, left : left + SHOWN_PX] == middle).all()
    assert pixels.shape[1] == MARGIN_PX + 4 * (SHOWN_PX + MARGIN_PX)
    assert (pixels[:, :MARGIN_PX] == 255).all()
    head = pixels[: -MARGIN_PX - 300].min(axis=(0, 2))
    assert all(
        (head[left : left + SHOWN_PX] < 128).any()  # a label above each
        for left in range(MARGIN_PX, pixels.shape[1] - MARGIN_PX, SHOWN_PX + MARGIN_PX)
    )


def test_a_small_image_is_enlarged_pixel_by_pixel(tmp_path):
    clean = gradient(1, 2, 3)
    pixels, _ = picture(tmp_path, clean, "text:0")
    scale = math.ceil(LEAST_PX / 3)
    shown = pixels[-MARGIN_PX - 2 * scale : -MARGIN_PX, MARGIN_PX : MARGIN_PX + 3 * scale, 0]
    expected = np.rint(clean[0] * 255).repeat(scale, axis=0).repeat(scale, axis=1)
    assert (shown == expected).all()


def test_no_noise_has_no_decibels():
    assert decibels(math.inf) == "no noise"
    assert decibels(20.174) == "20.17 dB"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("p.jpg", "the picture is a PNG; give a name that ends in .png"),
        ("nowhere/p.png", "cannot be written: No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be_written_is_one_line(tmp_path, name, message):
    with pytest.raises(UserError, match=message):
        write_picture(tmp_path / name, "name", gradient(1, 8, 8), [])


class Broken(NoiseFamily):
    name, summary, symbol, unit = "broken", "breaks", "a", "breaks"
    lowest, highest, blind = 0.0, 1.0, (0.1, 0.2)

    def sample(self, clean, level, stream):
        raise RuntimeError(f"no\nluck with {clean.shape} at {level}, {stream}")


def test_a_plugin_that_fails_is_named_in_one_line():
    with pytest.raises(UserError, match=r"^broken raised RuntimeError: no luck with") as caught:
        draw_panels(gradient(1, 8, 8), Broken().parse(parse_spec("broken:0.5")), 0)
    assert "\n" not in str(caught.value)
