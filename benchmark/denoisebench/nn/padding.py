"""Running a network on an image of any size, and in bfloat16."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from denoisebench.nn.one_pass import NARROW


def run_padded(
    network: Callable[[Tensor], Tensor], image: Tensor, *, multiple: int | None = None
) -> Tensor:
    """Run `network` on `image` (B, C, H, W), for any H and W from 1 pixel.

    The image is reflected at the bottom and right until its sides are multiples of `multiple`, by
    default that of the network, and the output, (B, O, H, W), is cropped.  For a function around a
    network, give `multiple_of` the network.

    >>> run_padded(UNet(1, width=4), torch.zeros(1, 1, 5, 40)).shape
    torch.Size([1, 1, 5, 40])
    """
    if multiple is None:
        multiple = multiple_of(network)
    height, width = image.shape[-2:]
    padded = image
    for dim, size in ((-2, height), (-1, width)):
        if size % multiple:
            padded = padded.index_select(dim, _reflected(size, multiple, image.device))
    out = network(padded.clone(memory_format=torch.channels_last))  # it may work in place
    return out[..., :height, :width]


def multiple_of(network: object) -> int:
    """The number that the sides of an image must be divisible by: `network.multiple`, else 1.

    >>> multiple_of(UNet(1, width=4)), multiple_of(torch.nn.ReLU())
    (32, 1)
    """
    return int(getattr(network, "multiple", 1))


def _reflected(size: int, multiple: int, device: torch.device) -> Tensor:
    """Indices 0..size-1, then back without repeating the edge, up to the next multiple."""
    index = torch.arange(-(-size // multiple) * multiple, device=device)
    period = max(2 * size - 2, 1)
    index = index % period
    return torch.minimum(index, period - index) if size > 1 else torch.zeros_like(index)


def run_in_bf16(module: nn.Module, device: str) -> None:
    """From now on each call of `module` multiplies in bfloat16 and returns float32.

    Convolutions of few channels stay in float32: a network whose output is added to its input would
    take the rounding for noise and pass it on.  They have few of the multiplications.  These are
    the modules `nn.Conv2d`, and `convolution` and `leaky_conv`.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d) and _is_narrow(part):
            part.forward = _NarrowInFloat32(part)  # type: ignore[method-assign, assignment]
    module.forward = _InBf16(module.forward, device)


@contextmanager
def in_float32(network: nn.Module) -> Iterator[None]:
    """Within the block, run all of `network` in float32: for small differences of its outputs.

    >>> network, y = UNet(1, width=4), torch.zeros(1, 1, 32, 32)
    >>> with in_float32(network):
    ...     difference = network(y + 1e-3) - network(y)
    >>> difference.dtype
    torch.float32
    """
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
        with torch.autocast(self._device, torch.bfloat16):
            out = self.in_float32(*args, **kwargs)
        return out.float() if isinstance(out, Tensor) else out


def _is_narrow(conv: nn.Conv2d) -> bool:
    plain = type(conv).forward is nn.Conv2d.forward
    return plain and min(conv.in_channels, conv.out_channels) <= NARROW


class _NarrowInFloat32:
    """The forward pass of a convolution of few channels: in float32 under autocast too.

    Features of an image are rounded afterwards, as under autocast; an output image is not.
    """

    def __init__(self, conv: nn.Conv2d) -> None:
        self._forward, self._makes_image = conv.forward, conv.out_channels <= NARROW

    def __call__(self, x: Tensor) -> Tensor:
        device = x.device.type
        if not torch.is_autocast_enabled(device):
            return self._forward(x)
        with torch.autocast(device, enabled=False):
            out = self._forward(x.float())
        return out if self._makes_image else out.bfloat16()
