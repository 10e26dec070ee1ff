"""DnCNN (Zhang et al., IEEE TIP 2017), without batch normalisation.

KAIR's files have it merged into the convolutions; a training here goes without it.
"""

from torch import Tensor, nn

from denoisebench.nn.convolutions import he_start

WIDTH = 64

LAST_GAIN = 0.005
"""Of the last layer at the start: so that an estimate begins near the noisy image."""


class DnCNN(nn.Module):
    """17 convolutions of 3×3, 64 wide, with ReLU between.  (B, C, H, W) -> (B, O, H, W)

    Any H and W.  Zero padding and a linear output, which is the noise in the paper.  555,137
    parameters gray, 557,443 colour.

    >>> DnCNN(channels=1)(torch.zeros(1, 1, 5, 9)).shape
    torch.Size([1, 1, 5, 9])
    """

    multiple = 1
    depth = 17

    def __init__(self, channels: int, outputs: int | None = None) -> None:
        super().__init__()
        first = he_start(nn.Conv2d(channels, WIDTH, 3, padding=1))
        inner = (he_start(nn.Conv2d(WIDTH, WIDTH, 3, padding=1)) for _ in range(self.depth - 2))
        last = he_start(nn.Conv2d(WIDTH, outputs or channels, 3, padding=1), LAST_GAIN)
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
