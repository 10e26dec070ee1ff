"""Convolutions initialised as in He et al. (ICCV 2015)."""

import math

from torch import nn

RELU_GAIN = math.sqrt(2.0)


def he_start(conv: nn.Conv2d, gain: float = RELU_GAIN) -> nn.Conv2d:
    """Initialise `conv` and return it: weights N(0, gain²/fan_in), biases 0 (He et al., eq. 10).

    >>> conv = he_start(torch.nn.Conv2d(50, 80, 3))  # fan_in is 50·9
    >>> round(conv.weight.std().item(), 2), conv.bias.abs().max().item()
    (0.07, 0.0)
    """
    fan_in = conv.weight[0].numel()
    nn.init.normal_(conv.weight, std=gain / math.sqrt(fan_in))
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


def conv1x1(inputs: int, outputs: int, gain: float = RELU_GAIN) -> nn.Conv2d:
    """1×1 convolution, initialised by `he_start`.  (B, inputs, H, W) -> (B, outputs, H, W)

    >>> conv1x1(96, 3)(torch.zeros(1, 96, 4, 6)).shape
    torch.Size([1, 3, 4, 6])
    """
    return he_start(nn.Conv2d(inputs, outputs, 1), gain)
