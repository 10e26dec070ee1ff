"""The noise models of the suite by their specs, and what their tests share."""

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.noise.family import Noise, NoiseFamily, Preserves
from denoisebench.noise.spread import noise_of
from denoisebench.noise.stream import Stream
from denoisebench.noise_models import register_noise_models
from denoisebench.specs import parse_spec

FAMILIES = {family.name: family for family in register_noise_models()}


def noise(text: str) -> Noise:
    """The noise model of a spec."""
    spec = parse_spec(text)
    return noise_of(FAMILIES[spec.name], spec)


def ramp() -> Pixels:
    """All 8-bit values, colour, 20×17 pixels; black and white among them."""
    values = np.arange(3 * 20 * 17, dtype=np.float32) % np.float32(256)
    return (values / np.float32(255)).reshape(3, 20, 17)


def begin_of_hash(text: str, seed: int, draw: int, clean: Pixels) -> str:
    """The first 16 digits of the hash of a noisy copy.  One that changes changes every number that
    the suite has ever given: then NOISE_VERSION must change too."""
    noisy, _ = noise(text).noisy(clean, seed=seed, draw=draw)
    assert noisy.dtype == np.float32
    return pixel_hash(noisy)[:16]


def refuses(text: str, message: str) -> None:
    """Check that a spec is refused in one line that names it and matches `message`."""
    with pytest.raises(UserError, match=message) as caught:
        noise(text)
    assert str(caught.value).startswith(f"noise '{text}': ")
    assert "\n" not in str(caught.value)


class Odd(NoiseFamily):
    """Noise that preserves what it says, drawn nowhere."""

    name, summary, symbol, unit = "odd", "nothing", "p", "share of pixels"
    lowest, highest, blind = 0.0, 1.0, (0.1, 0.5)

    def __init__(self, preserves: Preserves, independent: bool) -> None:
        self.preserves, self.independent = preserves, independent

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        return clean
