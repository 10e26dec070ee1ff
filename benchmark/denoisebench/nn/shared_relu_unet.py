"""The network of a PyTorch version of Noise2Noise (joeylitalien/noise2noise-pytorch).

It has the layers of `SharedUNet` and other activations: ReLU, and a leaky ReLU at the end.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.nn.one_pass import leaky
from denoisebench.nn.shared_unet import Down, SharedUNet, Up


class SharedReLUUNet(SharedUNet):
    """`SharedUNet` with ReLU inside and leaky ReLU at the end.  (B, C, H, W) -> (B, O, H, W)

    Negative outputs are a tenth of what the last layer gives: the output is meant to be an image.

    >>> SharedReLUUNet(channels=3)(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 3, 32, 32])
    """

    def forward(self, x: Tensor) -> Tensor:
        pools = [_down(self.down1, x)]
        for _ in range(4):
            pools.append(_down(self.down, pools[-1]))
        p1, p2, p3, p4, p5 = pools
        h = _up(self.up4, _up(self.up5, p5, p4), p3)
        for skip in (p2, p1, x):
            h = _up(self.up, h, skip)
        wide, narrow, head = self.tail
        return leaky(head(narrow(wide(h).relu_()).relu_()))


def _down(block: Down, x: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, 48, H/2, W/2)"""
    for conv in block.convs:
        x = conv(x).relu_()
    return F.max_pool2d(x, 2)


def _up(block: Up, x: Tensor, skip: Tensor) -> Tensor:
    """(B, C, H, W), skip (B, S, 2H, 2W) -> (B, O + S, 2H, 2W)"""
    for conv in block.convs:
        x = conv(x).relu_()
    wide = block.up(x)
    # an image in float32 would make the whole float32
    return torch.cat([wide, skip.to(wide.dtype)], dim=1)
