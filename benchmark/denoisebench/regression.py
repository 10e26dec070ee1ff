"""What Noise2Noise and supervised training share: a network that predicts the target.

The evidence alone makes the difference: the target is a second noisy copy, or the clean image.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.interfaces import ConfigT, Model, Moment, Task, TrainedMethod

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.patches import Batch


SCALE = 0.1
"""What the network adds is this times its output, which so is of order one, as noise is of 0.1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionConfig:
    """Nothing to set: squared error, the Noise2Noise U-Net."""


class RegressionMethod(TrainedMethod[ConfigT]):
    """Predicts `batch.target` from `batch.noisy` with the least squared error: y + f(y − ½)/10.

    The network gives what is to be added to the noisy image, as a score does: it learns faster than
    one that must first learn to copy its input, and differences between methods are then of
    their evidence.

    A network whose image sides must be multiples of something says so as its `multiple`.
    """

    def network(self, config: ConfigT, task: Task) -> "nn.Module":
        from denoisebench.networks import UNet

        del config
        return UNet(task.channels)

    def loss(
        self,
        model: Model[ConfigT],
        batch: "Batch",
        moment: Moment,
        rng: "torch.Generator",
    ) -> "Tensor":
        """L = mean over pixels of (y + f(y − ½)/10 − t)²."""
        del moment, rng
        assert batch.target is not None  # by the method's evidence
        added = SCALE * model.network(batch.noisy - 0.5).float()
        error = batch.noisy + added - batch.target
        loss: Tensor = error.square().mean(dim=(1, 2, 3))
        return loss

    def denoise(self, model: Model[ConfigT], noisy: "Tensor", level: float | None) -> "Tensor":
        from denoisebench.inference import run_padded

        del level
        multiple = int(getattr(model.network, "multiple", 1))
        return noisy + SCALE * run_padded(model.network, noisy - 0.5, multiple)
