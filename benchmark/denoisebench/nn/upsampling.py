"""3×3 convolutions of an image upsampled ×2 (nearest), from the small image: a 4×4 transposed
convolution of stride 2, 4 products per pixel instead of 9.
"""

import torch.nn.functional as F
from torch import Tensor

from denoisebench.nn.one_pass import arranged


def kernel_of_upsampled(weight: Tensor) -> Tensor:
    """The kernel of the 4×4 transposed convolution of stride 2 that equals a 3×3 convolution of the
    upsampled image.  weight: (O, C, 3, 3) -> (C, O, 4, 4)

    >>> kernel_of_upsampled(torch.ones(1, 1, 3, 3))[0, 0, 1]  # the sides see half of it
    tensor([2., 4., 4., 2.])
    """
    wide = F.pad(weight, (0, 1)) + F.pad(weight, (1, 0))
    return (F.pad(wide, (0, 0, 0, 1)) + F.pad(wide, (0, 0, 1, 0))).flip(2, 3).transpose(0, 1)


def kernels_of_upsampled(weight: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """The kernels of a 3×3 convolution whose first `channels` are upsampled: `kernel_of_upsampled`
    of these, and that of the other channels.

    weight: (O, C, 3, 3), without gradients.  It remembers them until it changes.

    >>> with torch.no_grad():
    ...     of_upsampled, of_others = kernels_of_upsampled(conv3x3(5, 48).weight, 4)
    >>> of_upsampled.shape, of_others.shape
    (torch.Size([4, 48, 4, 4]), torch.Size([48, 1, 3, 3]))
    """
    of_upsampled, of_others = arranged(weight, channels, _split)
    return of_upsampled, of_others


def _split(weight: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    return kernel_of_upsampled(weight[:, :channels]), weight[:, channels:]
