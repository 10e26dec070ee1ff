"""Convolutions whose weights start as He et al. (ICCV 2015) have it."""

import math

from torch import nn

RELU_GAIN = math.sqrt(2.0)


def he_start(conv: nn.Conv2d, gain: float = RELU_GAIN) -> nn.Conv2d:
    """Weights N(0, gain²/fan_in), biases 0."""
    fan_in = conv.weight[0].numel()
    nn.init.normal_(conv.weight, std=gain / math.sqrt(fan_in))
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv


def conv1x1(inputs: int, outputs: int, gain: float = RELU_GAIN) -> nn.Conv2d:
    """1×1 convolution, started as `he_start` has it."""
    return he_start(nn.Conv2d(inputs, outputs, 1), gain)
