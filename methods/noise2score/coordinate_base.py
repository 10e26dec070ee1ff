"""A coordinate: a function z of the noisy image along which the score is learned, and the network's
input made of it. In z the noise is nearly the same everywhere.

Shapes: y, z and scores (B, C, H, W); level (B, 1, 1, 1) or 0-dim, in the unit of the family.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from denoisebench.plugin import ExponentialFamily, NoiseFamily
from noise2score.loss import white
from noise2score.probe_schedule import Span


class Coordinate(ABC):
    """How one family's score is learned.  Stateless; elementwise except for `gathered`."""

    span = Span(0.5, 0.2)
    """The first and last probe, in `probe_unit`."""
    blind_span: Span | None = None
    """The largest and smallest probe where the level is unknown, drawn for each patch; None: `span`
    there too.

    A blind network measures the noise that it sees, whatever part of it is the probe.  So a probe
    larger than the noise biases nothing.  The loss then tells more of the score: of a probe of p
    units the share p²/(1 + p²) can be predicted.  Small ones show it weak noise.
    """
    in_counts = False
    """Whether published probe sizes are counts, `probe_unit`, and not lengths along z."""

    def of(self, y: Tensor) -> Tensor:
        """z of a noisy image: y itself unless redefined."""
        return y

    @abstractmethod
    def noise_std(self, level: Tensor) -> Tensor:
        """The standard deviation of the noise along z, where it is typical."""

    def probe_unit(self, level: Tensor) -> Tensor:
        """The unit of the probe: the noise's standard deviation, or one count."""
        return self.noise_std(level)

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """The network's input made of z, of order one and centred."""
        return z - 0.5

    def unit(self, z: Tensor, level: Tensor) -> Tensor:
        """The score of z is the network's output over this, so that the output is of order one."""
        return self.noise_std(level)

    def score_of_y(self, y: Tensor, score: Tensor) -> Tensor:
        """The score of y from that of z."""
        return score

    def drawn(self, z: Tensor, rng: torch.Generator) -> Tensor:
        """The probe at a size of 1, in the shape of z."""
        return white(z, rng)

    def gathered(self, score: Tensor, probe: float) -> Tensor:
        """The score that Tweedie's formula takes at each pixel, from those around it.

        It is the pixel's own unless redefined.  probe: as in `denoised`.
        """
        return score

    def weight(self, z: Tensor, level: Tensor) -> Tensor | float:
        """The weight of an error of the score at z in the loss: its weight in x̂, squared."""
        return 1.0

    @abstractmethod
    def rough_level(self, z: Tensor) -> Tensor:
        """The level, to within a quarter or so, from z alone: (B, 1, 1, 1)."""

    @abstractmethod
    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        """The clean image, from the score of z, `gathered`, learned with a last probe of `probe`
        units."""


def tweedie(family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor) -> Tensor:
    """The family's own formula, for coordinates of families that have one."""
    assert isinstance(family, ExponentialFamily)  # see Noise2Score.declines
    return family.tweedie(y, score, level)


def even_out(noise_std: Tensor) -> Tensor:
    """The factor of the network's input: it brings noise to a tenth, and multiplies weak noise by
    ten at most."""
    return 0.1 / noise_std.clamp_min(0.01)


def flat_std(z: Tensor) -> Tensor:
    """The standard deviation of white noise in images, from their flattest quarter.

    The finest diagonal Haar coefficients see little of an image and all of white noise. Their root
    mean squares over 4×4 neighbours are taken, and the lower quartile of these is divided by its
    value for noise alone.  Where a quarter is 0 (a mask or a border holds no noise), it is that of
    the rest.  (B, C, H, W), H and W 8 or more -> (B, 1, 1, 1), above 0.
    """
    height, width = (8 * (n // 8) for n in z.shape[-2:])
    z = z[..., :height, :width]
    detail = 0.5 * (z[..., ::2, ::2] - z[..., ::2, 1::2] - z[..., 1::2, ::2] + z[..., 1::2, 1::2])
    power = torch.nn.functional.avg_pool2d(detail.square(), 4).flatten(1).sort(dim=1).values
    count = power.shape[1]
    quarter = power[:, (count - 1) // 4]
    flat = (power == 0.0).sum(dim=1)
    of_rest = (flat + (count - 1 - flat) // 4).clamp(max=count - 1)
    quarter = torch.where(quarter > 0.0, quarter, power.gather(1, of_rest[:, None])[:, 0])
    return (quarter / LOWER_QUARTILE).clamp_min(1e-12).sqrt().view(-1, 1, 1, 1)


LOWER_QUARTILE = 11.912 / 16.0
"""Of the mean of 16 squared standard normals: a χ² of 16 degrees of freedom over 16."""
