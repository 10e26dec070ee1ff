"""The network fitted to one image, its stop, and the mean of its last outputs."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.plugin import ImageFit
from noise2fast.config import Config
from noise2fast.downsampling import checkerboard_halves

LEARNING_RATE = 1e-3


class MeanSinceBest:
    """The mean of the outputs from the one that is closest to the noisy image on.

    noisy: (1, C, H, W).  patience: outputs that may follow the closest one.

    >>> mean = MeanSinceBest(torch.zeros(1, 1, 1, 1), patience=2)
    >>> for value in (3.0, 1.0, 2.0, 3.0):
    ...     mean.add(torch.full((1, 1, 1, 1), value))
    >>> mean.stopped, float(mean.image)
    (True, 2.0)
    """

    def __init__(self, noisy: Tensor, patience: int) -> None:
        self._noisy, self._patience = noisy, patience
        self._least, self._outputs = math.inf, 0
        self._sum = torch.zeros_like(noisy)

    def add(self, output: Tensor) -> None:
        """Take the output after one more step."""
        error = float((self._noisy - output).square().mean())
        if error < self._least:
            self._least, self._outputs = error, 0
            self._sum.zero_()
        self._sum += output
        self._outputs += 1

    @property
    def stopped(self) -> bool:
        return self._outputs > self._patience

    @property
    def image(self) -> Tensor:
        return self._sum / self._outputs


def fitted_estimate(network: nn.Module, noisy: Tensor, config: Config, fit: ImageFit) -> Tensor:
    """Fit `network`, whose outputs are logits, to the halves of an image and denoise it.

        f(y) = sigmoid(network(y)),   L = − mean (t log f(s) + (1 − t) log(1 − f(s)))

    A step takes one of the four pairs (s, t) of halves, at random.  noisy: (1, C, H, W), not
    constant, sides of 2 and more; scaled to [0, 1] by its least and largest value and back.
    """
    low, high = noisy.min(), noisy.max()
    y = ((noisy - low) / (high - low)).contiguous(memory_format=torch.channels_last)
    up, down, left, right = checkerboard_halves(y)
    pairs = [(up, down), (down, up), (left, right), (right, left)]
    adam = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    logits = fit.fast(network)
    mean = MeanSinceBest(y, config.patience)
    for _ in fit.steps(config.steps):
        drawn = torch.randint(len(pairs), (), generator=fit.rng, device=fit.rng.device)
        source, target = pairs[int(drawn)]
        adam.zero_grad()
        loss = F.binary_cross_entropy_with_logits(logits(source), target)
        loss.backward()  # type: ignore[no-untyped-call]
        adam.step()
        with torch.no_grad():
            mean.add(torch.sigmoid(logits(y)))
        if mean.stopped:
            break
    return low + (high - low) * mean.image
