"""The coordinate of Poisson noise with read noise, which is that of a detector: a generalised
Anscombe transform, and Tweedie's formula along it.

    y = g·Poisson((x − o)/g) + o + N(0, r²),   z = 2·√(y − o + c),   c = 3g + r²/g

of noise √g where counts are many. The transform of least spread (Starck, Murtagh & Bijaoui 1998)
has c = 3g/8 + r²/g. With a larger c the last probe spans more of a count in the dark, so that x̂
does not depend on the least change of the score between counts.  Below the offset z goes on as a
straight line.  Of a range of gains c is the largest.  The noise is not quite even then, nor where
counts are few: the table knows its law, and asks for none that is.
"""

import math

import torch
from torch import Tensor

from denoisebench.plugin import NoiseFamily
from noise2score.config import Detector
from noise2score.coordinate_base import Coordinate, even_out, flat_std
from noise2score.detector_table import FEW, MOST_READ, clean_counts
from noise2score.probe_schedule import Span

DARK = 3.0
"""Of c, in counts."""


class Roots(Coordinate):
    """The cost and the gain of the last probe and c are in
    tests/methods/noise2score/test_detector_coordinate.py."""

    span = Span(1.0, 0.35)

    def __init__(self, detector: Detector, low: float, high: float) -> None:
        """low, high: the gains to be met."""
        self._read, self._offset = detector.read_255 / 255.0, detector.offset
        self._floor: float = max(DARK * gain + self._read**2 / gain for gain in (low, high))

    def of(self, y: Tensor) -> Tensor:
        light = y - self._offset
        line = light.clamp_max(0.0) / math.sqrt(self._floor)
        return line + 2.0 * (light.clamp_min(0.0) + self._floor).sqrt()

    def noise_std(self, level: Tensor) -> Tensor:
        return self._variance(level.new_tensor(0.5), level).sqrt()  # at y = o + ½

    def _variance(self, light: Tensor, level: Tensor) -> Tensor:
        return (level * light + self._read**2) / (light + self._floor)

    def seen(self, z: Tensor, level: Tensor) -> Tensor:
        """Scaled so that the noise is the same at every level, a tenth."""
        middle = 2.0 * math.sqrt(0.25 + self._floor)
        return (z - middle) * even_out(self.noise_std(level))

    def rough_level(self, z: Tensor) -> Tensor:
        """As if the flattest parts were of intensity o + ½."""
        variance = flat_std(z).square() * (0.5 + self._floor)
        return 2.0 * (variance - self._read**2).clamp_min(0.0)

    def denoised(
        self, family: NoiseFamily, y: Tensor, score: Tensor, level: Tensor, probe: float
    ) -> Tensor:
        """From the table where counts are few, by a Gaussian law of z elsewhere.

        Without a probe, of a blind network, the score is taken as that of the noise alone.
        """
        z, gain = self.of(y), float(level)
        std = float(self.noise_std(level)) / gain**0.5
        if not probe:
            probe = self.span.end
            score = score / (1.0 + probe**2)
        a = probe * std
        bright = self._of_many(z, score, level, gain * a**2)
        if self._read > MOST_READ * gain:
            return bright + self._offset
        few = gain * self._of_few(z / gain**0.5, score * gain**0.5, gain, a)
        return torch.where(y - self._offset < FEW * gain, few, bright) + self._offset

    def _of_many(self, z: Tensor, score: Tensor, level: Tensor, blur: float) -> Tensor:
        """E[z|x]² + Var(z|x) is 4·(x + c), and E[z|x] = z + (Var(z|x) + a²)·s(z)."""
        mean = z
        for _ in range(3):
            light = (0.25 * mean.square() - self._floor).clamp_min(0.0)
            variance = self._variance(light, level)
            mean = z + (variance + blur) * score
        return (0.25 * (mean.clamp_min(0.0).square() + variance) - self._floor).clamp_min(0.0)

    def _of_few(self, z: Tensor, score: Tensor, gain: float, a: float) -> Tensor:
        """In counts, by the table, bilinear.  z, score: along z/√g."""
        rows, columns, table = clean_counts(self._read / gain, self._floor / gain, a)
        found = torch.as_tensor(table, dtype=z.dtype, device=z.device)
        row, up = _place(z, float(rows[0]), float(rows[-1]), len(rows))
        mean = z + (1.0 + a**2) * score
        column, right = _place(mean, float(columns[0]), float(columns[-1]), len(columns))
        low = torch.lerp(found[row, column], found[row, column + 1], right)
        high = torch.lerp(found[row + 1, column], found[row + 1, column + 1], right)
        return torch.lerp(low, high, up)


def _place(values: Tensor, first: float, last: float, count: int) -> tuple[Tensor, Tensor]:
    """Between which of evenly spaced numbers values lie: the lower one, and the share above it;
    beyond the ends, at the end.  NaN stays in the share."""
    place = ((values - first) * ((count - 1) / (last - first))).clamp(0.0, count - 1)
    lower = place.nan_to_num(0.0).clamp_max(count - 2).floor()
    return lower.long(), place - lower
