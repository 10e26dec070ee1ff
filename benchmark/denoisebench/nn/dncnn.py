"""DnCNN (Zhang et al., IEEE TIP 2017), without batch normalisation.

KAIR's files have it merged into the convolutions; a training here goes without it.
"""

from torch import Tensor, nn

from denoisebench.nn.convolutions import he_start

WIDTH = 64

LAST_GAIN = 0.1
"""The scale of the last layer at the start, so that an estimate begins near the noisy image."""


def _conv(inputs: int, outputs: int, gain: float) -> nn.Conv2d:
    return he_start(nn.Conv2d(inputs, outputs, 3, padding=1), gain)


class DnCNN(nn.Module):
    """17 convolutions of 3×3, 64 wide, with ReLU between.  (B, C, H, W) -> (B, O, H, W)

    Any H and W.  Zero padding and a linear output, which is the noise in the paper.  555,137
    parameters gray, 557,443 colour.

    >>> DnCNN(channels=1)(torch.zeros(1, 1, 5, 9)).shape
    torch.Size([1, 1, 5, 9])
    """

    multiple = 1
    depth = 17
    gain = 1.1
    """Of the layers but the last at the start.  With ReLU's own, √2, the mean of the features
    drives the first steps far off; with this, a layer passes on 0.8 of what it gets."""

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__()
        first = _conv(channels, WIDTH, self.gain)
        inner = (_conv(WIDTH, WIDTH, self.gain) for _ in range(self.depth - 2))
        last = _conv(WIDTH, outputs or channels, LAST_GAIN)
        self.convs = nn.ModuleList([first, *inner, last])

    def forward(self, x: Tensor) -> Tensor:
        for conv in self.convs[:-1]:
            x = conv(x).relu_()
        out: Tensor = self.convs[-1](x)
        return out


class DeepDnCNN(DnCNN):
    """The same with 20 convolutions, as for noise of unknown level.  (B, C, H, W) -> (B, O, H, W)

    665,921 parameters gray, 668,227 colour.
    """

    depth = 20
    gain = 1.16
