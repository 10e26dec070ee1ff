"""The interface of a method that learns on the very image that it denoises.

Nothing here imports torch: a method's functions import it when they run.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from denoisebench.plugin.method import Denoised, Evidence, Method, Model, Task
from denoisebench.specs import ConfigT

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


def _untold(done: int, most: int) -> None:
    """Tells nobody."""


def _as_it_is(network: "Callable[[Tensor], Tensor]") -> "Callable[[Tensor], Tensor]":
    return network


def _none_named(_: "Tensor", __: float) -> "Tensor":
    raise LookupError("`frozen_weights` names no weights")


@dataclass(slots=True)
class ImageFit:
    """For learning on one image the suite gives random numbers and a step counter.

    rng: on the image's device, seeded by the image and the run's seed.  tell: takes the steps done
    and the most there can be.  fast, frozen: see there.  taken: the steps counted so far.

    >>> fit = ImageFit(torch.Generator().manual_seed(0))
    >>> for step in fit.steps(1000):
    ...     if step == 29:
    ...         break
    >>> fit.taken
    30
    """

    rng: "torch.Generator"
    tell: Callable[[int, int], None] = _untold
    fast: "Callable[[Callable[[Tensor], Tensor]], Callable[[Tensor], Tensor]]" = field(
        default=_as_it_is
    )
    """The network as a function that multiplies in bfloat16 where the hardware does, and returns
    float32: for the loss.  Its output is rounded; denoise with the network itself."""
    frozen: "Callable[[Tensor, float], Tensor]" = field(default=_none_named)
    """The denoiser of `ImageMethod.frozen_weights`: an image (1, C, H, W) and the level of its
    noise, in the unit of the family -> the estimate.  Gradients reach the image, and change no
    weight."""
    taken: int = 0

    def steps(self, most: int) -> Iterator[int]:
        """The numbers of the steps, from 0, at most so many; a method that stops early breaks.

        Take each step of an optimiser from here: the suite counts them, tells how far they are, and
        can be interrupted between two of them.
        """
        for step in range(most):
            self.taken += 1
            yield step
            self.tell(step + 1, most)


class ImageMethod(Method[ConfigT]):
    """A method that learns on each image, from that noisy image alone, while it denoises it.

    There is no training set, no budget and no file of weights.  The suite seeds all by the image
    and the run's seed: an image has the same estimate whatever was denoised before it.

    A method that declares a `tiling` learns on each tile of a large image by itself, so that its
    estimate differs from that of the whole; without one it is given the whole image.

    >>> class Line(ImageMethod[NoSettings]):
    ...     name, summary = "line", "fits a·y + b to the image shifted by a pixel"
    ...     def most_steps(self, config): return 20
    ...     def network(self, config, task): return torch.nn.Conv2d(task.channels, task.channels, 1)
    ...     def denoise(self, model, noisy, level, fit):
    ...         adam = torch.optim.Adam(model.network.parameters(), 0.1)
    ...         for step in fit.steps(20):
    ...             adam.zero_grad()
    ...             (model.network(noisy) - noisy.roll(1, 3)).square().mean().backward()
    ...             adam.step()
    ...         return model.network(noisy)
    >>> Line().evidence(NoSettings())
    <Evidence.IMAGE: 'image'>
    """

    def evidence(self, config: ConfigT) -> Evidence:
        return Evidence.IMAGE

    @abstractmethod
    def most_steps(self, config: ConfigT) -> int:
        """The most steps that an image takes: `--dry-run` tells about how long that is."""

    def frozen_weights(self, config: ConfigT, task: Task) -> str | None:
        """The recipe of bundled weights that the method uses unchanged, by `ImageFit.frozen`, as
        `noise2score/gray-gaussian25`; None for none.

        Results name the weights.  Images that they were trained on are refused.
        """
        return None

    @abstractmethod
    def network(self, config: ConfigT, task: Task) -> "nn.Module":
        """Build the network, freshly initialised from torch's current seed: anew for each image."""

    @abstractmethod
    def denoise(
        self, model: Model[ConfigT], noisy: "Tensor", level: float | None, fit: ImageFit
    ) -> "Tensor | Denoised":
        """Learn on one image and denoise it.  (1, C, H, W), any H and W -> the same shape.

        Runs in float32 with gradients on; of what is returned they are dropped.  model: with a
        fresh network.  level: the noise level in the unit of its family; None if the parameters
        are unknown.  fit: count each step with `fit.steps`, draw every random number from
        `fit.rng`.
        """
