"""Gaussian noise whose channels are correlated: y = x + n, n ~ N(0, (L/255)²·R) at each pixel.

"Unpaired Learning of Deep Image Denoising" (D-BSN, Wu et al., ECCV 2020) at L = 75. R is given, or
drawn for each image as in the paper's code: R = |UᵀDU|, entry by entry. D is diagonal with three
uniforms, U an orthonormal basis of the span of three random vectors (the paper writes UΛUᵀ). The
absolute values leave R positive definite: of UᵀDU's leading minors they change the determinant
alone, and add to it 2·(|r₀₁·r₀₂·r₁₂| − r₀₁·r₀₂·r₁₂) ≥ 0.

Departure: U comes from Gram and Schmidt's method, with uniforms as the vectors, not from a singular
value decomposition, whose last digits differ between machines.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.specs import Spec, number_text

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Triangle = tuple[float, float, float, float, float, float]
"""The upper triangle of a symmetric 3×3 matrix, row by row: 00, 01, 02, 11, 12, 22."""

UNIFORMS = 12
"""The number of uniform draws behind a random R."""

LEAST_PIVOT = 1e-30
"""The least variance; rounding can make one smaller, or negative."""

EXAMPLE = "3438.9/175.3/286.1/3701.2/289.1/3360.5"
"""A covariance in 0-255 units squared, for a level of 1: that of the paper's validation."""


@dataclass(frozen=True)
class MultivariateGaussian(NoiseFamily):
    """Its level is L; covariance is R, None when it is drawn for each image."""

    covariance: Triangle | None = None

    name = "multivariate-gaussian"
    summary = "y = x + N(0, (L/255)²·R) of the channels, R random or covariance=; colour only"
    symbol = "L"
    unit = "standard deviation, 0-255 units, for a variance of 1 in R"
    lowest, highest = 0.01, 1000.0
    blind = (10.0, 100.0)
    colour_only = True
    unit_scale = 255.0

    def __post_init__(self) -> None:
        """The blind range of a given R: that with noise as strong as a random R has on average."""
        if self.covariance is not None:
            mean_variance = (self.covariance[0] + self.covariance[3] + self.covariance[5]) / 3.0
            gain = math.sqrt(0.5 / mean_variance)
            low, high = (float(f"{gain * level:.3g}") for level in type(self).blind)
            object.__setattr__(self, "blind", (low, high))

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        covariance = self.covariance or random_covariance(stream.uniform(UNIFORMS).tolist())
        f00, f01, f02, f11, f12, f22 = cholesky(covariance)
        z = stream.normal(clean.size).reshape(clean.shape)
        noise = np.stack(
            [f00 * z[0], f01 * z[0] + f11 * z[1], f02 * z[0] + f12 * z[1] + f22 * z[2]]
        )
        return (clean + noise * (level / 255.0)).astype(np.float32)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        """The same, with a random R for each image if none is given."""
        import torch

        u = torch.rand((len(clean), UNIFORMS), generator=rng, device=clean.device).tolist()
        factors = [cholesky(self.covariance or random_covariance(one)) for one in u]
        rows, columns = torch.triu_indices(3, 3)
        upper = clean.new_zeros((len(clean), 3, 3, 1, 1))
        upper[:, rows, columns, 0, 0] = clean.new_tensor(factors)
        z = torch.randn(clean.shape, generator=rng, device=clean.device, dtype=clean.dtype)
        return clean + (upper * z.unsqueeze(2)).sum(dim=1) * (level / 255.0)

    @property
    def has_covariance(self) -> bool:
        """Where R is given: a random one is not told."""
        return self.covariance is not None

    def times_covariance(self, image: "Tensor", level: "Tensor") -> "Tensor":
        """(L/255)²·R times the channels of each pixel."""
        import torch

        if self.covariance is None:
            raise UserError(f"noise {self.name!r} has another covariance in each image")
        a, b, c, d, e, f = self.covariance
        matrix = image.new_tensor([[a, b, c], [b, d, e], [c, e, f]])
        return torch.einsum("ij,bjhw->bihw", matrix, image) * (level / 255.0).square()

    def settings(self) -> str:
        if self.covariance is None:
            return ""
        return f"covariance={'/'.join(map(number_text, self.covariance))}"

    def parse(self, spec: Spec) -> Noise:
        """The noise model of a spec such as `multivariate-gaussian:75`, with `covariance=` if R is
        given: its upper triangle, row by row, with slashes between.

        Raises UserError for a covariance that is not positive definite.
        """
        options = dict(spec.options)
        text = options.pop("covariance", None)
        if len(spec.values) != 1 or options:
            raise UserError(
                f"noise {str(spec)!r}: give one {self.symbol}, as in {self.name}:75 or"
                f" {self.name}:1:covariance={EXAMPLE}"
            )
        given = None if text is None else self._parse_covariance(spec, text)
        return type(self)(given)._at(spec, spec.values[0])

    def _parse_covariance(self, spec: Spec, text: str) -> Triangle:
        parts = [part.strip() for part in text.split("/")]
        if len(parts) != 6:
            raise UserError(
                f"noise {str(spec)!r}: covariance is the six entries of the upper triangle, row by"
                f" row, as in covariance={EXAMPLE}"
            )
        a, b, c, d, e, f = (float(number_text(self._parse_number(spec, part))) for part in parts)
        covariance = (a, b, c, d, e, f)
        if not positive_definite(covariance):
            raise UserError(f"noise {str(spec)!r}: the covariance is not positive definite")
        return covariance


def random_covariance(u: Sequence[float]) -> Triangle:
    """R = |UᵀDU| of 12 uniforms: the diagonal of D, then the vectors that U is made of."""
    return turned_covariance(u[:3], _orthonormal([u[3:6], u[6:9], u[9:12]]))


def turned_covariance(variances: Sequence[float], basis: Sequence[Sequence[float]]) -> Triangle:
    """|UᵀDU|, entry by entry.  variances: the diagonal of D.  basis: the columns of U."""
    p, q, r = basis
    dp, dq, dr = ([d * x for d, x in zip(variances, column, strict=True)] for column in basis)
    triangle = (_dot(dp, p), _dot(dp, q), _dot(dp, r), _dot(dq, q), _dot(dq, r), _dot(dr, r))
    a, b, c, d, e, f = map(abs, triangle)
    return a, b, c, d, e, f


def cholesky(covariance: Triangle) -> Triangle:
    """The upper triangular F with FᵀF = covariance."""
    a, b, c, d, e, f = covariance
    f00 = _root(a)
    f01, f02 = b / f00, c / f00
    f11 = _root(d - f01 * f01)
    f12 = (e - f01 * f02) / f11
    return f00, f01, f02, f11, f12, _root(f - f02 * f02 - f12 * f12)


def positive_definite(covariance: Triangle) -> bool:
    """Whether all entries are finite and the leading minors are above 0."""
    a, b, c, d, e, f = covariance
    determinant = a * (d * f - e * e) - b * (b * f - c * e) + c * (b * e - c * d)
    return all(map(math.isfinite, covariance)) and min(a, a * d - b * b, determinant) > 0.0


def _root(variance: float) -> float:
    return math.sqrt(max(variance, LEAST_PIVOT))


def _orthonormal(vectors: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """An orthonormal basis of what three vectors span, by Gram and Schmidt's method."""
    basis: list[Sequence[float]] = []
    for vector in vectors:
        rest = vector
        for unit in basis:
            along = _dot(rest, unit)
            rest = [x - along * e for x, e in zip(rest, unit, strict=True)]
        length = math.sqrt(_dot(rest, rest))
        basis.append([x / length for x in rest])
    return basis


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Added in this order, so that it is the same on every machine: `sum` is not."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
