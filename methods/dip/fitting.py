"""The network fitted to the pixels that are not held out, and the stop by those that are."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from denoisebench.plugin import ImageFit
from dip.config import Config
from dip.network import SkipNetwork

LEARNING_RATE = 0.01
INPUTS = 16
"""Maps of noise that the network makes the image from."""

INPUT_SCALE = 0.1
JITTER = 1 / 30
"""Standard deviation of the noise added to the input anew in each step."""

AVERAGE = 0.99
"""Largest decay of the running mean of the outputs, which is the estimate."""

HELD_OUT = 0.05
"""Share of the pixels that the stop is decided by."""


def draw_kept(noisy: Tensor, rng: torch.Generator) -> Tensor:
    """Which pixels are fitted; the rest is held out, in all channels.  (1, C, H, W) -> bool
    (1, 1, H, W)"""
    shape = (1, 1, *noisy.shape[-2:])
    return torch.rand(shape, generator=rng, device=rng.device) >= HELD_OUT


def mean_square_error(output: Tensor, noisy: Tensor, chosen: Tensor) -> Tensor:
    """The mean of (output − noisy)² over the chosen pixels; 0 if there is none.

    output, noisy: (1, C, H, W).  chosen: bool (1, 1, H, W).  A scalar.
    """
    squares = torch.where(chosen, output - noisy, 0.0).square()
    return squares.sum() / (chosen.sum() * noisy.shape[1]).clamp(min=1)


class HeldOutStop:
    """Keeps the estimate that is closest to the held-out pixels, and stops some steps after it.

    noisy: (1, C, H, W).  held_out: bool (1, 1, H, W).  patience: steps that may follow the closest.

    The network has not seen the noise of these pixels.  Where noise is independent between pixels
    and its mean is the clean image, the error is that to the clean image plus a constant, in the
    mean: it falls and rises with the error that counts.
    """

    def __init__(self, noisy: Tensor, held_out: Tensor, patience: int) -> None:
        self._noisy, self._held_out, self._patience = noisy, held_out, patience
        self._least, self._since = math.inf, 0
        self.image = noisy

    def add(self, estimate: Tensor) -> None:
        """Take the estimate after one more step."""
        error = float(mean_square_error(estimate, self._noisy, self._held_out))
        self._since += 1
        if error < self._least:
            self._least, self._since, self.image = error, 0, estimate

    @property
    def stopped(self) -> bool:
        return self._since >= self._patience


def decay(step: int) -> float:
    """Weight of the mean so far at a step, from 0: low at first, so that it forgets the start.

    >>> decay(0), decay(10_000)
    (0.0, 0.99)
    """
    return min(AVERAGE, step / (step + 10))


def estimates(
    network: nn.Module, noisy: Tensor, kept: Tensor, steps: int, fit: ImageFit
) -> Iterator[Tensor]:
    """The running mean of the network's outputs after each step of Adam on the kept pixels.

        L = mean over kept pixels of (f(z + u) − y)²,   u ~ N(0, JITTER²) anew in each step

    network: f, from INPUTS maps to the channels of `noisy`, y (1, C, H, W).
    """
    height, width = noisy.shape[-2:]
    padded = (
        max(64, -(-side // SkipNetwork.multiple) * SkipNetwork.multiple) for side in (height, width)
    )
    z = INPUT_SCALE * torch.rand((1, INPUTS, *padded), generator=fit.rng, device=fit.rng.device)
    adam = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    fast = fit.fast(network)
    mean = torch.zeros_like(noisy)
    for step in fit.steps(steps):
        u = torch.randn(z.shape, generator=fit.rng, device=fit.rng.device)
        shown = (z + JITTER * u).contiguous(memory_format=torch.channels_last)
        adam.zero_grad()
        output = fast(shown)[..., :height, :width]
        loss = mean_square_error(output, noisy, kept)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        mean = decay(step) * mean + (1 - decay(step)) * output.detach()
        yield mean


def stopped_estimate(network: nn.Module, noisy: Tensor, config: Config, fit: ImageFit) -> Tensor:
    """The estimate of an image (1, C, H, W) where the held-out pixels are predicted best."""
    kept = draw_kept(noisy, fit.rng)
    stop = HeldOutStop(noisy, ~kept, config.patience)
    for estimate in estimates(network, noisy, kept, config.steps, fit):
        stop.add(estimate)
        if stop.stopped:
            break
    return stop.image
