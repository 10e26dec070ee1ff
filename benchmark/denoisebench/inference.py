"""Running a network on an image of any size."""

from collections.abc import Callable

import torch
from torch import Tensor


def run_padded(network: Callable[[Tensor], Tensor], image: Tensor, multiple: int) -> Tensor:
    """`network` on `image` (B, C, H, W), reflected at the bottom and right to sides that are a
    multiple of `multiple`, and cropped back.  Any H and W, down to one pixel."""
    height, width = image.shape[-2:]
    rows, columns = (_reflected(n, multiple, image.device) for n in (height, width))
    padded = image.index_select(-2, rows).index_select(-1, columns)
    out = network(padded.contiguous(memory_format=torch.channels_last))
    return out[..., :height, :width]


def _reflected(size: int, multiple: int, device: torch.device) -> Tensor:
    """Indices 0..size-1, then back without repeating the edge, up to the next multiple."""
    index = torch.arange(-(-size // multiple) * multiple, device=device)
    period = max(2 * size - 2, 1)
    index = index % period
    return torch.minimum(index, period - index) if size > 1 else torch.zeros_like(index)
