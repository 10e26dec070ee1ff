"""Protocols: the frozen rules by which an estimate is scored against its clean image.

A protocol's label (`float-1`) is part of every result.  Rules never change under a label: another
rule is another name or a higher version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from denoisebench.errors import unknown_name
from denoisebench.images import Pixels
from denoisebench.metrics import psnr_db, ssim


@dataclass(frozen=True, slots=True)
class Scores:
    """What one estimate of one image is worth."""

    psnr_db: float
    ssim: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Rules of evaluation.  A set's figure is the arithmetic mean of its images' scores.

    Images are scored whole, as they are (RGB or gray), in float64.
    """

    name: str
    version: int
    summary: str
    clip_estimate: tuple[float, float]  # the estimate is clipped to this range before scoring
    data_range: float  # from black to white, for PSNR and SSIM

    def __str__(self) -> str:
        """The label that results carry: `float-1`."""
        return f"{self.name}-{self.version}"

    def score(self, estimate: Pixels, clean: Pixels) -> Scores:
        """Score `estimate`.  (C, H, W) each.  Raises ValueError when the shapes differ."""
        clipped = np.clip(estimate, *self.clip_estimate)
        return Scores(
            psnr_db(clipped, clean, data_range=self.data_range),
            ssim(clipped, clean, data_range=self.data_range),
        )


_FLOAT = Protocol(
    name="float",
    version=1,
    summary="float noisy input, not clipped; estimate clipped to [0, 1]; whole RGB or gray image",
    clip_estimate=(0.0, 1.0),
    data_range=1.0,
)

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({p.name: p for p in (_FLOAT,)})


def get_protocol(name: str) -> Protocol:
    """The protocol called `name`.  Raises UserError when there is none."""
    if name not in PROTOCOLS:
        raise unknown_name("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]
