"""Gaussian noise that is correlated between neighbours: y = x + n, n ~ N(0, (σ/255)²).

n is white noise blurred by a Gaussian of s pixels, then scaled; each channel has its own.  It is
the same everywhere, at the border too (the white noise reaches beyond it), and its autocorrelation
is

    E[n(p)·n(p + d)] = (σ/255)²·exp(−|d|²/(4·s²)).

The pixel values alone do not define a Gaussian narrower than a pixel. There the white noise lies on
a finer grid, on which s is one step or more. The values at the pixels count. The closed form then
holds to 2e-4 at every s.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.stream import Stream, exp
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Array = TypeVar("Array", npt.NDArray[np.float64], "Tensor")

NARROWEST_PX, WIDEST_PX = 0.25, 16.0
"""Of s.  At 0.25 neighbours correlate by 0.02."""

REACH = 5.0
"""Standard deviations of the blur after which it is cut off: 4e-6 of its height."""


@dataclass(frozen=True)
class Correlated(NoiseFamily):
    """Its level is σ; blur_px is s."""

    blur_px: float = 1.0

    name = "correlated"
    summary = "y = x + N(0, (σ/255)²), blurred over s pixels, written correlated:σ:s"
    symbol = Gaussian.symbol
    unit = Gaussian.unit
    lowest, highest = Gaussian.lowest, Gaussian.highest
    blind = Gaussian.blind
    range_from_zero = True
    unit_scale = Gaussian.unit_scale
    independent = False
    level_of = Gaussian.name

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        shape = self.blur.field_shape(clean.shape)
        noise = self.blur.of(stream.normal(math.prod(shape)).reshape(shape))
        return (clean + noise * (level / 255.0)).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        import torch

        shape = self.blur.field_shape(clean.shape)
        white = torch.randn(shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return clean + self.blur.of(white) * (level / 255.0)

    def variance(self, x: "Tensor", level: "Tensor") -> "Tensor":
        return Gaussian().variance(x, level)

    def times_covariance(self, image: "Tensor", level: "Tensor") -> "Tensor":
        """(σ/255)²·B·Bᵀ·image, B being the blur that takes white noise, which reaches beyond the
        border, to the pixels."""
        return self.blur.of(self.blur.transposed(image)) * (level / 255.0).square()

    @property
    def blur(self) -> "Blur":
        return Blur.of_width(self.blur_px)

    def settings(self) -> str:
        return number_text(self.blur_px)

    def parse(self, spec: Spec) -> Noise:
        """The noise model of a spec such as `correlated:25:1` or `correlated:5..50:1`.

        Raises UserError when σ or s is missing, no number or out of range.
        """
        if len(spec.values) != 2 or spec.options:
            raise UserError(f"noise {str(spec)!r}: give σ and s, as in {self.name}:25:1")
        blur_px = float(number_text(self._parse_number(spec, spec.values[1])))
        if not NARROWEST_PX <= blur_px <= WIDEST_PX:
            low, high = number_text(NARROWEST_PX), number_text(WIDEST_PX)
            raise UserError(
                f"noise {str(spec)!r}: s (standard deviation of the blur, pixels) must lie in"
                f" {low}..{high}; noise without a blur is gaussian"
            )
        return type(self)(blur_px)._at(spec, spec.values[0])


@dataclass(frozen=True, slots=True)
class Blur:
    """A Gaussian on a grid `finer` times as fine as the pixels, along rows and columns alike.

    weights: an odd number; their squares add up to 1, so that white noise keeps its variance.
    """

    finer: int
    weights: tuple[float, ...]

    @classmethod
    def of_width(cls, blur_px: float) -> "Blur":
        """That of a standard deviation in pixels."""
        finer = math.ceil(1.0 / blur_px)
        steps = blur_px * finer
        reach = math.ceil(REACH * steps)
        away = np.arange(-reach, reach + 1, dtype=np.float64) / steps
        heights = exp(-0.5 * away * away).tolist()
        total = 0.0
        for height in heights:  # in this order on every machine: `sum` is not
            total += height * height
        return cls(finer, tuple(height / math.sqrt(total) for height in heights))

    def field_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of white noise for an image of a shape (…, H, W), with the margin around it."""
        height, width = (self.finer * (side - 1) + len(self.weights) for side in shape[-2:])
        return (*shape[:-2], height, width)

    def of(self, white: Array) -> Array:
        """White noise of `field_shape`, blurred, at the pixels: (…, H, W), of the same variance."""
        return self._down(self._down(white).swapaxes(-1, -2)).swapaxes(-1, -2)

    def transposed(self, image: "Tensor") -> "Tensor":
        """The transposed matrix of `of`: what each white value is to the pixels, (…, H, W) ->
        `field_shape`."""
        return self._up(self._up(image).swapaxes(-1, -2)).swapaxes(-1, -2)

    def _up(self, image: "Tensor") -> "Tensor":
        """The transposed matrix of `_down`."""
        past = self.finer * (image.shape[-2] - 1) + 1
        field = image.new_zeros((*image.shape[:-2], past + len(self.weights) - 1, image.shape[-1]))
        for k, weight in enumerate(self.weights):
            field[..., k : past + k : self.finer, :] += weight * image
        return field

    def _down(self, white: Array) -> Array:
        """Blurred along the columns, at the rows of the pixels."""
        past = white.shape[-2] - len(self.weights) + 1
        total = self.weights[0] * white[..., : past : self.finer, :]
        for k, weight in enumerate(self.weights[1:], start=1):
            total += weight * white[..., k : past + k : self.finer, :]
        return total
