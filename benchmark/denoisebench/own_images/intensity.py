"""From the numbers of a file to what a denoiser is shown, and back.

A denoiser of Gaussian noise is shown pixels of about [0, 1] with noise of one standard deviation.
Noise of a detector is stabilised first: the generalised Anscombe transform gives it a standard
deviation of 1 everywhere, and its exact unbiased inverse takes the estimate back (Mäkitalo & Foi,
IEEE TIP 2013).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels, float_type, strips
from denoisebench.images.shown_range import percentile_range
from denoisebench.noise_models.detector import Detector
from denoisebench.own_images.planes import Values

MOST_VALUES = 1 << 18
"""The most values, evenly spread, whose percentiles are taken."""


@dataclass(frozen=True, slots=True)
class Intensity:
    """Elementwise and increasing.  black, white: shown as 0 and 1, in the numbers of the file, or
    of the stabilised file where there is a detector."""

    black: float
    white: float
    detector: Detector | None = None

    def shown(self, values: Values) -> Pixels:
        """(H, W) or (H, W, 3) of the file -> (C, H, W), float32."""
        channels = values[None] if values.ndim == 2 else np.moveaxis(values, 2, 0)
        pixels = np.empty(channels.shape, np.float32)
        wide = float_type(values.dtype)
        for rows in strips(channels.shape):
            given: npt.NDArray[np.floating] = channels[:, rows].astype(wide)
            if self.detector is not None:
                given = self.detector.stabilise(given)
            given -= self.black
            np.divide(given, self.white - self.black, out=pixels[:, rows], casting="same_kind")
        return pixels

    def restored(self, pixels: Pixels, dtype: np.dtype[Any]) -> Values:
        """(C, H, W) -> (H, W) or (H, W, 3) in the numbers of a file of this type; floats."""
        values = pixels * float_type(dtype)(self.white - self.black)
        values += self.black
        if self.detector is not None:
            values = self.detector.restore(values)
        return values[0] if len(values) == 1 else np.moveaxis(values, 0, 2)

    def denoised(self, values: Values, noisy: Pixels, estimate: Pixels) -> Values:
        """`estimate` in the numbers of the file; a pixel that was left alone keeps its number, to
        the last bit.  noisy: `values` as shown.  Returns the shape of `values`."""
        restored, alone = self.restored(estimate, values.dtype), estimate == noisy
        if not alone.any():
            return restored
        same = alone[0] if len(alone) == 1 else np.moveaxis(alone, 0, 2)
        return np.where(same, values, restored)

    def level(self, sigma: float) -> float:
        """The standard deviation of noise as it is shown, in 0-255 units.

        sigma: in the numbers of the file; not used where there is a detector.
        """
        return 255.0 * (1.0 if self.detector is not None else sigma) / (self.white - self.black)

    def with_level(self, sigma: float, levels: tuple[float, float]) -> "Intensity":
        """The same or a narrower or wider span about the same middle, so that the level lies within
        `levels`, those that a denoiser was trained on."""
        level = self.level(sigma)
        wanted = min(max(level, levels[0]), levels[1])
        half = (self.white - self.black) / 2.0 * level / wanted
        middle = (self.black + self.white) / 2.0
        return replace(self, black=middle - half, white=middle + half)


def span_of(samples: Sequence[Values], detector: Detector | None) -> Intensity:
    """The intensity that shows the percentiles of some planes as 0 and 1.

    A series has one, so that the brightness of its images stays comparable.
    """
    step = max(sum(plane.size for plane in samples) // MOST_VALUES, 1)
    while math.gcd(step, samples[0][0].size) > 1:  # else some columns or colours alone
        step += 1
    values = np.concatenate([plane.reshape(-1)[::step] for plane in samples])
    if values.dtype.kind == "f":
        values = values.astype(np.float64)
    black, white = percentile_range(values)
    if detector is not None:  # grows with the value, so that percentiles stay percentiles
        black, white = map(float, detector.stabilise(np.array([black, white])))
        if black == white:  # both far below the offset
            black, white = black - 0.5, white + 0.5
    return Intensity(black, white, detector)


def parse_scale(text: str, dtype: np.dtype[Any]) -> tuple[float, float] | None:
    """Black and white of --scale: `auto` (None), `dtype`, or LOW:HIGH.  UserError for others."""
    if text == "auto":
        return None
    if text == "dtype":
        return (0.0, float(np.iinfo(dtype).max)) if dtype.kind in "ui" else (0.0, 1.0)
    low, colon, high = text.partition(":")
    try:
        black, white = float(low), float(high)
    except ValueError:
        colon = ""
    if not colon or not (np.isfinite([black, white]).all() and black < white):
        raise UserError(f"--scale {text}: give auto, dtype or LOW:HIGH, as 100:4095")
    return black, white
