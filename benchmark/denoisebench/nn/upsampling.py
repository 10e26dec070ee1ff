"""3×3 convolutions of an image upsampled ×2 (nearest), from the small image: a 4×4 transposed
convolution of stride 2, 4 products per pixel instead of 9.  An image of the full size can join in,
the four pixels of each 2×2 cell being channels of the small one.
"""

import torch
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


def kernel_of_cells(weight: Tensor) -> Tensor:
    """The same where the pixels of a 2×2 cell differ and are channels: those of an image after
    `F.pixel_unshuffle`.  weight: (O, C, 3, 3) -> (4C, O, 4, 4)

    >>> weight = torch.rand(2, 3, 3, 3)
    >>> found = kernel_of_cells(weight).view(3, 4, 2, 4, 4).sum(1)
    >>> torch.allclose(found, kernel_of_upsampled(weight))
    True
    """
    flipped = weight.flip(2, 3).transpose(0, 1)
    places = [F.pad(flipped, (b, 1 - b, a, 1 - a)) for a in (0, 1) for b in (0, 1)]
    return torch.stack(places, dim=1).flatten(0, 1)


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


def kernel_with_cells(weight: Tensor, channels: int) -> Tensor:
    """One kernel of a 3×3 convolution whose first `channels` are upsampled: `kernel_of_upsampled`
    of these, then `kernel_of_cells` of the others.  It saves a sum of two images and suits few
    others: seven of their sixteen products are with a zero.

    weight: (O, C, 3, 3), without gradients.  It remembers the kernel until it changes.

    >>> with torch.no_grad():
    ...     kernel_with_cells(conv3x3(5, 48).weight, 4).shape
    torch.Size([8, 48, 4, 4])
    """
    (kernel,) = arranged(weight, channels, _joined)
    return kernel


def _joined(weight: Tensor, channels: int) -> tuple[Tensor, ...]:
    upsampled, others = weight[:, :channels], weight[:, channels:]
    return (torch.cat([kernel_of_upsampled(upsampled), kernel_of_cells(others)]),)


def _split(weight: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    return kernel_of_upsampled(weight[:, :channels]), weight[:, channels:]
