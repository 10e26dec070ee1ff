"""UNSURE: Stein's risk where the noise level is unknown, with a multiplier in its place (Tachella,
Davies & Jacques, "UNSURE: self-supervised learning with Unknown Noise level and Stein's Unbiased
Risk Estimate", ICLR 2025)."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from denoisebench.nn import multiple_of
from denoisebench.plugin import NoiseFamily
from unbiased_risk.probes import Denoiser, both, pixel_mean, signs_like

START = 0.02
"""√η at first, in the unit of the pixels: weak noise.  From above, a network that has learned to
shrink too much takes η far below before it is back (tests/methods/unbiased_risk/test_unsure.py)."""


def unsure(
    f: Denoiser, y: Tensor, b: Tensor, eta: Tensor, epsilon: Tensor
) -> tuple[Tensor, Tensor]:
    """The Lagrangian of f and the multiplier over the latter, and the divergence.

        L/η = mean (f(y) − y)²/η + 2·D,   D = mean b·(f(y + ε·b) − f(y))/ε

    f minimises L and η maximises it, whose slope in η is 2·D: of all f whose mean divergence is 0
    the saddle has the one that moves the image least.  At η = σ² L is Stein's risk and σ².
    Over η the loss stays of order one while η grows from weak noise to what it finds.

    y: (B, C, H, W) noisy.  b: the probe, of the noise's covariance at a mean variance of 1.
    eta, epsilon: 0-dim, in the unit of y.  Returns (B,) twice.

    Over all f the saddle is f(y) = y + η·s(y), s the score of y and η = 1/E mean s²; η is never
    below σ².
    """
    at_y, at_probe = both(f, y, y + epsilon * b)
    divergence = pixel_mean(b * (at_probe - at_y) / epsilon)
    return pixel_mean((at_y - y).square()) / eta + 2.0 * divergence, divergence


def risen(log_root: Tensor, divergence: Tensor, step: float) -> Tensor:
    """log √η after a step up the slope of L in √η, 4·√η·D.

    √η ← √η·(1 + 4·step·D), as a power of e, which keeps it above 0.  divergence: (B,).
    """
    return log_root + 4.0 * step * divergence.detach().mean()


def decayed(step: float, share: float) -> float:
    """The step at a share of the training: half a cosine, as the network's rate falls.  A constant
    one would move η ever further from a network that stands still."""
    return 0.5 * step * (1.0 + math.cos(math.pi * share))


def probe(family: NoiseFamily, y: Tensor, rng: torch.Generator) -> Tensor:
    """Signs for white noise; noise of the family where neighbours or channels share it."""
    if not family.has_covariance:
        return signs_like(y, rng)
    level = y.new_full((len(y), 1, 1, 1), family.unit_scale)
    return family.resample(torch.zeros_like(y), level, rng) / unit_std(family, y.shape[1])


def unit_std(family: NoiseFamily, channels: int) -> float:
    """The root of the mean variance at a level of `unit_scale`: 1 for white noise."""
    if not family.has_covariance:
        return 1.0
    impulse = torch.eye(channels)[:, :, None, None]
    told = family.times_covariance(impulse, torch.tensor(family.unit_scale))
    return math.sqrt(float((impulse * told).sum()) / channels)


class WithMultiplier(nn.Module):
    """A network, and the multiplier that is learned with it.  (B, C, H, W) -> the same shape"""

    log_root: Tensor
    """log √η.  A buffer: no optimiser moves it, and the last one counts."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.multiple = multiple_of(network)
        self.register_buffer("log_root", torch.tensor(START).log())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.network(x)
        return out


def batch_loss(
    network: nn.Module,
    f: Callable[[Tensor], Tensor],
    family: NoiseFamily,
    noisy: Tensor,
    epsilon: float,
    step: float,
    rng: torch.Generator,
) -> Tensor:
    """L/η of each patch, (B,).  Where gradients are taken, η makes its step.

    epsilon: in units of √η.
    """
    assert isinstance(network, WithMultiplier)  # see `Unsure.network`
    root = network.log_root.exp()
    b = probe(family, noisy, rng)
    loss, divergence = unsure(f, noisy, b, root.square(), epsilon * root)
    if torch.is_grad_enabled():
        with torch.no_grad():
            network.log_root.copy_(risen(network.log_root, divergence, step))
    return loss


def level_of(network: nn.Module, family: NoiseFamily, channels: int) -> float:
    """√η in the unit of the family."""
    assert isinstance(network, WithMultiplier)
    return float(network.log_root.exp()) * family.unit_scale / unit_std(family, channels)
