"""A network that docs/ablations.md compares with those of the shelf at equal time: the U-Net at
half resolution, and wider.

bench run --plugin examples/studies/bench_networks.py --method noise2score-unet-half --steps 1500
"""

from collections.abc import Iterable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.unet import Decoder, UNet, conv3x3
from denoisebench.plugin import Method, Task, hookimpl
from noise2score import Noise2Score
from supervised import Supervised

WIDTH = 80
"""The U-Net has 48. With 80 a step takes as long as the U-Net's, with 2.8 times the weights."""


class HalfUNet(UNet):
    """2×2 pixels are taken for the channels of one, and put back at the end.

    (B, C, H, W) -> (B, C, H, W); H and W are multiples of 64.
    """

    multiple = 64

    def __init__(self, channels: int) -> None:
        super().__init__(4 * channels, width=WIDTH)
        self.up1 = Decoder(2 * WIDTH + 4 * channels, 128, 64)
        self.head = conv3x3(64, 4 * channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.pixel_shuffle(super().forward(F.pixel_unshuffle(x, 2)), 2)


class HalfNoise2Score(Noise2Score):
    name = "noise2score-unet-half"
    summary = "Noise2Score with a U-Net at half resolution, and wider"

    def network(self, config: Any, task: Task) -> nn.Module:
        return HalfUNet(task.channels)


class HalfSupervised(Supervised):
    name = "supervised-unet-half"
    summary = "supervised training of a U-Net at half resolution, and wider"

    def network(self, config: Any, task: Task) -> nn.Module:
        return HalfUNet(task.channels)


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [HalfNoise2Score(), HalfSupervised()]
