"""Denoise copies of an image with more white noise and average the estimates.

For noise that neighbouring pixels share.  A network that is not told the level measures the noise
that differs from pixel to pixel, and takes the rest for content.  With white noise on top it sees
as much as it is asked to remove, and what is weaker than that goes with it.
"""

from typing import TYPE_CHECKING

from denoisebench.plugin.method import Denoised

if TYPE_CHECKING:
    from torch import Tensor

    from denoisebench.denoising.self_ensemble import Denoise

COPIES = 4
"""Added noise leaves errors in an estimate; those of different copies partly cancel."""


def with_added_noise(denoise: "Denoise", std: float) -> "Denoise":
    """Denoises `COPIES` of an image, each with other Gaussian noise added, and takes the mean.

    std: of the added noise, in the unit of the pixels.  The same image gets the same noise.  The
    level, and outputs beside the image, are those of the first copy.
    """

    import torch  # seconds, which those who only read the constant need not wait for

    def mean_of_copies(noisy: "Tensor", level: float | None) -> Denoised:
        rng = torch.Generator().manual_seed(0)
        total = torch.zeros_like(noisy)
        first: Denoised | None = None
        for _ in range(COPIES):
            drawn = torch.randn(noisy.shape, generator=rng).to(noisy.device)
            made = denoise(noisy + std * drawn, level)
            made = made if isinstance(made, Denoised) else Denoised(made)
            first = first or made
            total += made.image
        assert first is not None
        return Denoised(total / COPIES, first.level, first.outputs, COPIES * first.steps)

    return mean_of_copies
