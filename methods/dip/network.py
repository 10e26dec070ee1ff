"""The encoder-decoder of the deep image prior (Ulyanov et al., CVPR 2018), narrower."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALES = 5


class Layer(nn.Sequential):
    """Convolution, batch norm over the one image, LeakyReLU.  (1, C, H, W) -> (1, C', H', W')"""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.2, inplace=True),
        )


class SkipNetwork(nn.Module):
    """Noise in, an image out.  (1, I, H, W) -> (1, C, H, W) in (0, 1)

    Five scales, each halved by a stride and doubled by bilinear interpolation; thin skips.  H and W
    are multiples of 32, from 64 on.  The batch norm always uses the statistics of the image.

    >>> SkipNetwork(inputs=8, channels=3)(torch.rand(1, 8, 64, 96)).shape
    torch.Size([1, 3, 64, 96])
    """

    multiple = 2**SCALES

    def __init__(self, inputs: int, channels: int, width: int = 32, skips: int = 4) -> None:
        super().__init__()
        entering = [inputs, *(SCALES - 1) * [width]]
        self.skips = nn.ModuleList(Layer(entered, skips, 1) for entered in entering)
        self.down = nn.ModuleList(
            nn.Sequential(Layer(entered, width, 3, stride=2), Layer(width, width, 3))
            for entered in entering
        )
        self.up = nn.ModuleList(
            nn.Sequential(Layer(width + skips, width, 3), Layer(width, width, 1)) for _ in entering
        )
        self.head = nn.Conv2d(width, channels, 1)

    def forward(self, z: Tensor) -> Tensor:
        skipped = []
        for skip, down in zip(self.skips, self.down, strict=True):
            skipped.append(skip(z))
            z = down(z)
        for up in self.up:
            z = F.interpolate(z, scale_factor=2, mode="bilinear", align_corners=False)
            z = up(torch.cat([z, skipped.pop()], dim=1))
        return torch.sigmoid(self.head(z).float())
