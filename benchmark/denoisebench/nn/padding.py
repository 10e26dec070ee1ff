"""Running a network on an image of any size, and in bfloat16."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

NARROW = 16
"""A convolution from or to this many channels or fewer sees the image or makes it."""


def run_padded(
    network: Callable[[Tensor], Tensor], image: Tensor, *, multiple: int | None = None
) -> Tensor:
    """`network` on `image` (B, C, H, W), reflected at the bottom and right to sides that it takes,
    and cropped back.  Any H and W, down to one pixel.

    multiple: what the sides must be a multiple of; left out, it is that of the network.  A function
    around a network has none of its own: give it `multiple_of` the network.
    """
    if multiple is None:
        multiple = multiple_of(network)
    height, width = image.shape[-2:]
    rows, columns = (_reflected(n, multiple, image.device) for n in (height, width))
    padded = image.index_select(-2, rows).index_select(-1, columns)
    out = network(padded.contiguous(memory_format=torch.channels_last))
    return out[..., :height, :width]


def multiple_of(network: object) -> int:
    """What the sides of an image must be a multiple of: `network.multiple`, 1 if it has none."""
    return int(getattr(network, "multiple", 1))


def _reflected(size: int, multiple: int, device: torch.device) -> Tensor:
    """Indices 0..size-1, then back without repeating the edge, up to the next multiple."""
    index = torch.arange(-(-size // multiple) * multiple, device=device)
    period = max(2 * size - 2, 1)
    index = index % period
    return torch.minimum(index, period - index) if size > 1 else torch.zeros_like(index)


def run_in_bf16(module: nn.Module, device: str) -> None:
    """From now on each call of `module` multiplies in bfloat16 and returns float32.

    Convolutions of few channels do not: a network that gives what is to be added to its input sees
    the rounding of that as noise, and passes it on.  They have next to none of the products.
    """
    module.forward = _InBf16(module.forward, device)


@contextmanager
def in_float32(network: nn.Module) -> Iterator[None]:
    """Run all of `network` in float32 again within: for small differences of what it returns."""
    forwards = {module: module.forward for module in network.modules()}
    for module, forward in forwards.items():
        if isinstance(forward, _InBf16):
            module.forward = forward.in_float32
    try:
        yield
    finally:
        for module, forward in forwards.items():
            if isinstance(forward, _InBf16):
                module.forward = forward


class _InBf16:
    """A forward pass under autocast to bfloat16."""

    def __init__(self, in_float32: Callable[..., Any], device: str) -> None:
        self.in_float32, self._device = in_float32, device

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with torch.autocast(self._device, torch.bfloat16), _NarrowInFloat32():
            out = self.in_float32(*args, **kwargs)
        return out.float() if isinstance(out, Tensor) else out


class _NarrowInFloat32(TorchFunctionMode):
    """Keeps convolutions of few channels from rounding what they multiply under autocast.

    What comes from an image is rounded afterwards, as autocast leaves it; an image made is not.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        convolve = _CONVOLUTIONS.get(func, func)
        return convolve(*args, **(kwargs or {}))


def _conv2d(input: Tensor, weight: Tensor, *others: Any, **named: Any) -> Tensor:
    """`conv2d` by the rule of `_NarrowInFloat32`."""
    device, makes_image = input.device.type, weight.shape[0] <= NARROW
    if not torch.is_autocast_enabled(device) or min(input.shape[-3], weight.shape[0]) > NARROW:
        return F.conv2d(input, weight, *others, **named)
    with torch.autocast(device, enabled=False):
        out = F.conv2d(input.float(), weight.float(), *others, **named)
    return out if makes_image else out.bfloat16()


_CONVOLUTIONS: dict[Any, Callable[..., Tensor]] = {torch.conv2d: _conv2d}
