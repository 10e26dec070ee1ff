"""The U-Net of Noise2Noise, and its parts."""

import itertools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn.one_pass import NARROW, Kernel, conv_plus, convolution, leaky, leaky_conv
from denoisebench.nn.strips import Rows, in_strips, rows_of_conv, rows_of_image, strip_rows
from denoisebench.nn.upsampling import kernel_of_upsampled, kernels_of_upsampled

START_STD = 0.02
"""Standard deviation of all weights at the start."""


def conv3x3(inputs: int, outputs: int) -> nn.Conv2d:
    """3×3 convolution, zero padding, weights N(0, 0.02²), biases 0.  Keeps H and W.

    (B, inputs, H, W) -> (B, outputs, H, W).  An initialisation that keeps the variance from layer
    to layer (He et al., 2015) loses 0.3 dB in a short training: see docs/ablations.md.

    >>> conv3x3(1, 48)(torch.zeros(1, 1, 4, 6)).shape
    torch.Size([1, 48, 4, 6])
    """
    conv = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.normal_(conv.weight, std=START_STD)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


class Encoder(nn.Module):
    """Convolutions, then a 2×2 max-pool.  (B, C, H, W) -> (B, W', H/2, W/2)"""

    def __init__(self, *channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv3x3(i, o) for i, o in itertools.pairwise(channels))

    def forward(self, x: Tensor) -> Tensor:
        height = x.shape[2]
        *convs, last = (kernel_of(conv) for conv in self.convs)
        rows = rows_of_image(x)
        for conv in convs:
            rows = rows_of_conv(rows, height, conv, leaky_conv)
        rows = rows_of_leaky_pool(rows_of_conv(rows, height, last))
        return in_strips(rows, height // 2, strip_rows(x) // 2)


def kernel_of(conv: nn.Module) -> Kernel:
    """The kernel of a `conv3x3`."""
    assert isinstance(conv, nn.Conv2d)
    return conv.weight, conv.bias


def rows_of_leaky_pool(before: Rows) -> Rows:
    """The rows of the 2×2 max-pool of `leaky`."""

    def rows(top: int, bottom: int) -> Tensor:
        full = before(2 * top, 2 * bottom)
        if torch.is_grad_enabled():
            return F.max_pool2d(leaky(full), 2)
        # A leaky ReLU keeps the order: the maximum may go first.  torch's pool also finds where it
        # was, and takes longer than two looks at pairs.
        full = torch.maximum(full[:, :, ::2], full[:, :, 1::2])
        return leaky(torch.maximum(full[..., ::2], full[..., 1::2]))

    return rows


def conv_of_upsampled(x: Tensor, skip: Tensor, conv: nn.Conv2d) -> Tensor:
    """`conv`, 3×3, of x upsampled ×2 (nearest) with `skip` appended, without building either.

    x: (B, C, H, W).  skip: (B, S, 2H, 2W).  conv: from C + S channels.  -> (B, O, 2H, 2W)

    A 3×3 convolution of an image of 2×2 blocks is a 4×4 transposed convolution of stride 2 of the
    small image: 4 products per pixel instead of 9.  Equal to the plain computation up to rounding.

    >>> x, skip = torch.zeros(1, 4, 8, 8), torch.zeros(1, 1, 16, 16)
    >>> conv_of_upsampled(x, skip, conv3x3(5, 2)).shape
    torch.Size([1, 2, 16, 16])
    """
    return rows_of_upsampled(x, skip, conv)(0, skip.shape[2])


def rows_of_upsampled(x: Tensor, skip: Tensor, conv: nn.Conv2d) -> Rows:
    """The rows of `conv_of_upsampled`."""
    channels, height = x.shape[1], skip.shape[2]
    if torch.is_grad_enabled():
        of_x, of_skip = conv.weight[:, :channels], conv.weight[:, channels:]
        whole = rows_of_conv(rows_of_image(skip), height, (of_skip, conv.bias))(0, height)
        whole += F.conv_transpose2d(x, kernel_of_upsampled(of_x), stride=2, padding=1)
        return rows_of_image(whole)
    kernel, of_skip = kernels_of_upsampled(conv.weight, channels)
    before, is_image = rows_of_image(skip), skip.shape[1] <= NARROW  # stays in float32

    def rows(top: int, bottom: int) -> Tensor:
        first, last = top // 2, (bottom + 1) // 2
        around = 1, 1, int(first == 0), int(last == x.shape[2])
        seen = F.pad(x[:, :, max(first - 1, 0) : last + 1], around)
        # Zeros that oneDNN adds itself make its order of summation depend on the image's width, so
        # that tiles would not have the bits of the image.  With a padding of 3 it adds none.
        upsampled = F.conv_transpose2d(seen, kernel, stride=2, padding=3)
        upsampled = upsampled[:, :, top - 2 * first : bottom - 2 * first]
        above, below = int(top == 0), int(bottom == height)
        seen = before(top - 1 + above, bottom + 1 - below)
        if above or below:
            seen = F.pad(seen, (0, 0, above, below))
        if is_image:
            out = convolution(seen, (of_skip, conv.bias), (0, 1))
            out += upsampled
            return out
        return conv_plus(seen, (of_skip, conv.bias), upsampled, (0, 1))

    return rows


class Decoder(nn.Module):
    """Nearest ×2 upsampling, the skip appended, two convolutions.  -> (B, O, 2H, 2W)"""

    def __init__(self, inputs: int, first: int, second: int) -> None:
        super().__init__()
        self.first, self.second = conv3x3(inputs, first), conv3x3(first, second)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return in_strips(self.rows(x, skip), skip.shape[2], strip_rows(skip))

    def rows(self, x: Tensor, skip: Tensor) -> Rows:
        """The rows of `forward`."""
        upsampled = rows_of_upsampled(x, skip, self.first)

        def first(top: int, bottom: int) -> Tensor:
            return leaky(upsampled(top, bottom))

        return rows_of_conv(first, skip.shape[2], kernel_of(self.second), leaky_conv)


class UNet(nn.Module):
    """The U-Net of Noise2Noise (Lehtinen et al., ICML 2018).  (B, C, H, W) -> (B, O, H, W)

    H and W are multiples of 32.  Skips are taken after pooling; the last is the input itself.  No
    normalisation and a linear output.  988,609 parameters gray, 991,203 colour at width 48.

    >>> UNet(channels=3, outputs=6)(torch.zeros(1, 3, 32, 32)).shape
    torch.Size([1, 6, 32, 32])
    """

    multiple = 32

    def __init__(self, channels: int, outputs: int | None = None, width: int = 48) -> None:
        super().__init__()
        w = width
        self.down1 = Encoder(channels, w, w)
        self.down2, self.down3, self.down4, self.down5 = (Encoder(w, w) for _ in range(4))
        self.bottom = conv3x3(w, w)
        self.up5 = Decoder(2 * w, 2 * w, 2 * w)
        self.up4, self.up3, self.up2 = (Decoder(3 * w, 2 * w, 2 * w) for _ in range(3))
        self.up1 = Decoder(2 * w + channels, 64, 32)
        self.head = conv3x3(32, outputs or channels)

    def forward(self, x: Tensor) -> Tensor:
        p1 = self.down1(x)
        p2 = self.down2(p1)
        p3 = self.down3(p2)
        p4 = self.down4(p3)
        h = leaky(self.bottom(self.down5(p4)))
        h = self.up2(self.up3(self.up4(self.up5(h, p4), p3), p2), p1)
        rows = rows_of_conv(self.up1.rows(h, x), x.shape[2], kernel_of(self.head))
        return in_strips(rows, x.shape[2], strip_rows(x))
