"""The partition of the pixels, and the values that replace a hidden part.

Part i of a grid of width w holds the pixels whose row is i and whose column is i // w, modulo w:
w² parts.  Every channel of a pixel is in the same part.
"""

import torch
import torch.nn.functional as F
from torch import Tensor


def part(number: int, width: int, like: Tensor) -> Tensor:
    """The mask of one part: (1, 1, H, W), true or false, for images `like` (B, C, H, W)."""
    rows, columns = (torch.arange(n, device=like.device) % width for n in like.shape[-2:])
    return ((rows == number % width)[:, None] & (columns == number // width % width))[None, None]


def interpolated(noisy: Tensor) -> Tensor:
    """The mean of the 8 pixels around each, those at the corners with half the weight.

    (B, C, H, W) -> the same shape.  Reflected at the edges; an edge is repeated where an image of
    one pixel's width has nothing to reflect.
    """
    mode = "reflect" if min(noisy.shape[-2:]) > 1 else "replicate"
    p = F.pad(noisy, (1, 1, 1, 1), mode=mode)
    above, beside, below = p[..., :-2, :], p[..., 1:-1, :], p[..., 2:, :]
    near = above[..., 1:-1] + below[..., 1:-1] + beside[..., :-2] + beside[..., 2:]
    far = above[..., :-2] + above[..., 2:] + below[..., :-2] + below[..., 2:]
    return (near + far / 2.0) / 6.0
