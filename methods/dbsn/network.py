"""The networks of D-BSN: "Unpaired Learning of Deep Image Denoising" (Wu et al., ECCV 2020, arXiv
2008.13711), section 3; sizes, names and shapes are those of the released code's checkpoints.

A convolution whose centre tap is masked takes away the pixel itself; what follows looks only at
multiples of a dilation d at which the mask's own reach, less than d, cannot be undone.  Two such
branches (3×3 with d = 2, 5×5 with d = 3) are joined by 1×1 convolutions.

Whole images go through a layer in strips of rows, whose channels fit into the cache; training takes
all rows at once.  The result is the same.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn import conv1x1, he_start, in_strips, leaky_conv

FIRST_BLOCK = 6
"""Where the blocks begin in a branch, in the official numbering."""

RowsOf = Callable[[Tensor, int, int], Tensor]
"""(x, top, bottom) -> rows `top` to `bottom` of what a layer makes of the image x."""


def relu() -> nn.ReLU:
    return nn.ReLU(inplace=True)


def relu_conv(conv: nn.Module, x: Tensor) -> Tensor:
    """The ReLU of a convolution of 1×1."""
    assert isinstance(conv, nn.Conv2d)
    return leaky_conv(x, (conv.weight, conv.bias), slope=0.0)


def in_turn(layers: Iterable[nn.Module], x: Tensor) -> Tensor:
    """One layer after another: convolutions of 1×1, with a ReLU after each."""
    for conv in list(layers)[::2]:
        x = relu_conv(conv, x)
    return x


class DilatedConv2d(nn.Conv2d):
    """k×k convolution, zeros beyond the image.  (B, W, H, W') -> (B, W, H, W')"""

    def __init__(self, width: int, size: int, dilation: int = 1) -> None:
        reach = dilation * (size // 2)
        super().__init__(width, width, size, padding=reach, dilation=dilation)
        self.reach = reach
        he_start(self)

    def taps(self) -> Tensor:
        """The weights that count."""
        return self.weight

    def rows(self, before: Iterable[nn.Module], x: Tensor, top: int, bottom: int) -> Tensor:
        """Rows `top` to `bottom` of the ReLU of this convolution over before(x); `before` is a
        convolution of 1×1 and a ReLU."""
        first, last = top - self.reach, bottom + self.reach
        inside = x[:, :, max(first, 0) : last]
        above = max(-first, 0)
        below = last - first - above - inside.shape[2]
        # Zeros that oneDNN adds itself make its order of summation depend on the image's width.
        around = self.reach, self.reach, above, below
        seen = F.pad(in_turn(before, inside), around)
        kernel, (dilation, _) = (self.taps(), self.bias), self.dilation
        return leaky_conv(seen, kernel, dilation=dilation, slope=0.0)


class MaskedConv2d(DilatedConv2d):
    """The same without its centre tap, which is stored and counts nothing: a blind spot."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__(width, size)
        mask = torch.ones(size, size)
        mask[size // 2, size // 2] = 0.0
        self.register_buffer("mask", mask, persistent=False)

    def taps(self) -> Tensor:
        return self.weight * self.get_buffer("mask")


class MixedBlock(nn.Module):
    """Three looks at the surroundings, joined and added to the input.  Keeps the shape.

    Output pixels depend on input pixels at multiples of `dilation` from them, up to two, alone.
    """

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.inception_br1 = self._look(width, 5, dilation)
        self.inception_br2 = self._look(width, 3, dilation)
        self.inception_br3 = nn.Sequential(conv1x1(width, width))
        self.concat = conv1x1(3 * width, width)
        self.middle_1x1_convs = nn.Sequential(
            conv1x1(width, width), relu(), conv1x1(width, width), relu()
        )

    @staticmethod
    def _look(width: int, size: int, dilation: int) -> nn.Sequential:
        return nn.Sequential(conv1x1(width, width), relu(), DilatedConv2d(width, size, dilation))

    def forward(self, x: Tensor) -> Tensor:
        return self.rows(x, 0, x.shape[2])

    def rows(self, x: Tensor, top: int, bottom: int) -> Tensor:
        """Rows `top` to `bottom` of the output."""
        own = x[:, :, top:bottom]
        looks = [in_turn(self.inception_br3, own)]
        for look in (self.inception_br2, self.inception_br1):
            spatial = look[2]
            assert isinstance(spatial, DilatedConv2d)
            looks.insert(0, spatial.rows(list(look)[:2], x, top, bottom))
        joined = relu_conv(self.concat, torch.cat(looks, dim=1))
        return in_turn(self.middle_1x1_convs, joined + own)


class Branch(nn.Module):
    """A masked k×k convolution and blocks of dilation (k + 1)/2: blind.  Keeps the shape."""

    def __init__(self, width: int, size: int, blocks: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            MaskedConv2d(width, size),
            relu(),
            conv1x1(width, width),
            relu(),
            conv1x1(width, width),
            relu(),
            *(MixedBlock(width, (size + 1) // 2) for _ in range(blocks)),
            conv1x1(width, width),
        )

    def forward(self, x: Tensor, head: nn.Sequential, rows: int) -> Tensor:
        """The part of head(x) that reaches the last 1×1 convolution of `joined`; made `rows` rows
        at a time."""
        image = x = x.contiguous(memory_format=torch.channels_last)
        spare = None
        for stage in self.stages(head):
            made = in_strips(partial(stage, x), x.shape[2], rows, spare)
            spare = None if x is image else x  # which no later stage sees: the next writes over it
            x = made
        return x

    def stages(self, head: nn.Sequential) -> Iterator[RowsOf]:
        """The modules, in order, that turn head(x) into the input of the last 1×1 convolution."""
        masked = self.branch[0]
        assert isinstance(masked, MaskedConv2d)

        def stem(x: Tensor, top: int, bottom: int) -> Tensor:
            return in_turn(list(self.branch)[2:FIRST_BLOCK], masked.rows(head, x, top, bottom))

        yield stem
        for block in list(self.branch)[FIRST_BLOCK:-1]:
            assert isinstance(block, MixedBlock)
            yield block.rows


class DilatedBlindSpotNet(nn.Module):
    """μ and a feature of each pixel, from the pixels around it but never from itself.

    (B, C, H, W) -> (B, C, H, W) and (B, width, H, W), any H and W.  6,612,289 parameters for one
    channel, 6,612,675 for three.  With 8 blocks it sees 50 pixels far on each side, without those
    at multiples of 6 in both directions; further than 33, where one branch ends, of 3.
    """

    def __init__(self, channels: int, width: int = 96, blocks: int = 8) -> None:
        super().__init__()
        self.dbsn_head = nn.Sequential(conv1x1(channels, width), relu())
        self.br1 = Branch(width, 3, blocks)
        self.br2 = Branch(width, 5, blocks)
        self.concat = nn.Conv2d(2 * width, width, 1)
        nn.init.kaiming_normal_(self.concat.weight)  # its bias keeps torch's start
        self.dbsn_tail = nn.Sequential(
            conv1x1(width, width), relu(), conv1x1(width, width), relu(), conv1x1(width, channels)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        feature = self.joined(self.ways(x, x.shape[2]))
        return self.mean_of(feature), feature

    def ways(self, x: Tensor, rows: int) -> list[Tensor]:
        """The features of both branches, `rows` rows at a time."""
        return [branch(x, self.dbsn_head, rows) for branch in (self.br1, self.br2)]

    def joined(self, ways: list[Tensor]) -> Tensor:
        """The feature, from `ways`."""
        last = [
            branch.branch[-1](way) for branch, way in zip((self.br1, self.br2), ways, strict=True)
        ]
        out: Tensor = self.concat(torch.cat(last, dim=1))
        return out

    def mean_of(self, feature: Tensor) -> Tensor:
        """μ, from the feature."""
        *layers, last = self.dbsn_tail
        mean: Tensor = last(in_turn(layers, feature))
        return mean


class SpreadNet(nn.Module):
    """How far the clean pixel may be from μ: raw numbers from the blind feature alone.

    (B, width, H, W) -> (B, outputs, H, W)
    """

    def __init__(self, width: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            conv1x1(width, hidden),
            relu(),
            conv1x1(hidden, hidden),
            relu(),
            conv1x1(hidden, outputs),
        )

    def forward(self, feature: Tensor) -> Tensor:
        *layers, last = self.conv
        out: Tensor = last(in_turn(layers, feature))
        return out


class NoiseNet(nn.Module):
    """The noise of each pixel, from its own value alone: raw numbers, 0 at the start.

    (B, channels, H, W) -> (B, outputs, H, W)
    """

    def __init__(self, channels: int, hidden: int, outputs: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv1x1(channels, hidden), relu()]
        for _ in range(3):
            layers += [conv1x1(hidden, hidden), relu()]
        self.conv = nn.Sequential(*layers)
        self.conv_final = conv1x1(hidden, outputs)
        nn.init.zeros_(self.conv_final.weight)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv_final(self.conv(x))
        return out
