"""Convolutions in bfloat16 as hardware makes them, on a processor that has none for it."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from denoisebench.nn.devices import pick_precision


class _Emulated(TorchDispatchMode):
    """Products of rounded numbers, exact, are added up in float32, and the sum is rounded.

    PyTorch does the same on such a processor, at a twentieth of the speed of float32 and less.
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        half = func is torch.ops.aten.convolution.default and args[0].dtype == torch.bfloat16
        if not half:
            return func(*args, **(kwargs or {}))
        single = [a.float() if isinstance(a, torch.Tensor) else a for a in args]
        with torch.autocast("cpu", enabled=False):
            return func(*single, **(kwargs or {})).bfloat16()


def bf16_hardware() -> AbstractContextManager[Any]:
    """The processor's own, else the emulation, which is about as fast as float32."""
    return nullcontext() if pick_precision("cpu") == "bf16" else _Emulated()
