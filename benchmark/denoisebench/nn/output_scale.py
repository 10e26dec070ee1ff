"""How a network's output becomes the denoised image: most methods add it to an image."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor

Predicts: TypeAlias = Literal["correction", "image", "noise"]
"""The meaning of a network's output.

>>> from typing import get_args
>>> get_args(Predicts)
('correction', 'image', 'noise')
"""

SCALE = 0.1
"""The factor on a network's output.  Training is faster with it than with 1, for every noise.

>>> SCALE
0.1
"""


def add_output(
    base: "Tensor | float", network: "Callable[[Tensor], Tensor]", y: "Tensor"
) -> "Tensor":
    """base + f(y − ½)/10, f the network.  base: broadcastable to f's output.  float32.

    y: (B, C, H, W).  Returns the shape of f's output.

    >>> y = torch.full((1, 1, 2, 2), 0.7)
    >>> add_output(y, lambda x: x, y)[0, 0, 0]  # 0.7 + (0.7 − 0.5)/10
    tensor([0.7200, 0.7200])
    """
    return base + SCALE * network(y - 0.5).float()


def estimate(
    predicts: Predicts,
    base: "Tensor | float",
    network: "Callable[[Tensor], Tensor]",
    y: "Tensor",
) -> "Tensor":
    """The denoised image that a network's output means.

        correction: base + f(y − ½)/10      image: f(y)      noise: y − f(y)

    f: the network.  y: (B, C, H, W).  base: broadcastable to f's output.  float32.

    >>> y = torch.full((1, 1, 1, 1), 0.7)
    >>> words = ("correction", "image", "noise")
    >>> [round(estimate(word, y, lambda x: x, y).item(), 2) for word in words]
    [0.72, 0.7, 0.0]
    """
    if predicts == "correction":
        return add_output(base, network, y)
    out = network(y).float()
    return out if predicts == "image" else y - out
