"""What Noise2Noise and supervised training share: a network that predicts the target.

The evidence alone makes the difference: the target is a second noisy copy, or the clean image.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from denoisebench.interfaces import ConfigT, Model, Task, TrainedMethod

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.patches import Batch


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionConfig:
    """Nothing to set: squared error, the Noise2Noise U-Net."""


class RegressionMethod(TrainedMethod[ConfigT]):
    """Predicts `batch.target` from `batch.noisy` with the least squared error; images centred.

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
        progress: float,
        rng: "torch.Generator",
    ) -> "Tensor":
        """L = mean over pixels of (f(y) − t)²."""
        del progress, rng
        assert batch.target is not None  # by the method's evidence
        residual = model.network(batch.noisy - 0.5).float() + 0.5 - batch.target
        loss: Tensor = residual.square().mean(dim=(1, 2, 3))
        return loss

    def denoise(self, model: Model[ConfigT], noisy: "Tensor", level: float | None) -> "Tensor":
        from denoisebench.inference import run_padded

        del level
        multiple = int(getattr(model.network, "multiple", 1))
        return run_padded(model.network, noisy - 0.5, multiple) + 0.5
