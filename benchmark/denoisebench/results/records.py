"""The record of a cell: scores by image, and what they are of."""

import math
from dataclasses import dataclass, replace
from typing import Any, Self, TypedDict

from denoisebench.noise.level_knowledge import IGNORES_LEVELS, ORACLE
from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.weights_file import Outcome


@dataclass(frozen=True, slots=True)
class ImageScore:
    """One noisy copy of an image, denoised once.

    An image that does not tell the noise level its method needs is not denoised: its PSNR and SSIM
    are NaN, its time and its megapixels 0.
    """

    image: str
    repeat: int  # which copy: 0, and up where the protocol asks for several
    psnr_db: float
    ssim: float  # NaN for an image too small to have one
    noisy_psnr_db: float
    level: float | None  # of the noise, in the unit of its family; None where it has no one level
    level_estimate: float | None  # the method's, where it makes one; of an oracle the one picked
    denoise_s: float
    megapixels: float  # denoised, so with what the protocol pads
    noisy_sha256: str
    steps: int | None = None  # of learning on this image; None for a method that does not

    @property
    def is_denoised(self) -> bool:
        return not math.isnan(self.psnr_db)

    def rounded(self) -> Self:
        """Rounded to a millionth of a dB, a ten-millionth of SSIM, and a tenth of a millisecond.

        Arithmetic on another processor changes later digits, and stored they take a fifth of the
        room.
        """
        return replace(
            self,
            psnr_db=round(self.psnr_db, 6),
            ssim=round(self.ssim, 7),
            noisy_psnr_db=round(self.noisy_psnr_db, 6),
            denoise_s=round(self.denoise_s, 4),
        )


class Provenance(TypedDict, total=False):
    """The known part of a result's provenance; there may be more in it."""

    recipe: TrainingRecipe | None
    training_outcome: Outcome | None
    weights_sha256: str | None
    image_set_digest: str | None
    precision: str | None
    precision_asked: str | None
    assumed: str | None
    failed_on: str | None  # the day, as 2026-11-29
    failed_with: str | None  # see `registry.state`
    denoisebench: str | None
    git: str | None
    torch: str | None
    numpy: str | None
    python: str | None
    platform: str | None
    device: str | None
    device_name: str | None
    threads: int | None


@dataclass(frozen=True, slots=True)
class CellResult:
    """The outcome of one cell: a score per image and repeat, or an `error` and no scores."""

    cell: str
    method: str  # canonical spec, e.g. noise2score:probe=single; a self-ensemble: `tv (x8)`
    noise: str
    parameters: str
    dataset: str
    protocol: str
    evidence: str
    draws: str
    seed: int
    train_set: str
    budget: str
    weights: str
    training: str
    train_s: float | None  # None where nothing was trained
    network_parameters: int | None  # None for a method without a network
    gmacs_per_mpx: float | None  # billions of multiply-adds, see `cost`; None if unknown
    peak_memory_mb: float | None  # while denoising, see `cost`; None if unknown
    same_level_unit: bool  # of `level` and `level_estimate`; else the two do not compare
    scores: tuple[ImageScore, ...]
    provenance: dict[str, Any]
    error: str | None = None

    @property
    def left_out(self) -> frozenset[tuple[str, int]]:
        """Image and repeat of what was not denoised."""
        return frozenset((s.image, s.repeat) for s in self.scores if not s.is_denoised)

    @property
    def declines(self) -> tuple[str, str, str] | None:
        """The plan's reason why a method declines, or why an oracle has no level to pick."""
        if self.parameters != ORACLE or self.error is not None:
            return None
        if any(score.level_estimate is not None for score in self.scores):
            return None
        return self.method, f"{self.noise} {self.parameters}", IGNORES_LEVELS
