"""Where a network runs, and in which arithmetic."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import torch

from denoisebench.errors import UserError

Precision = Literal["bf16", "fp32"]

AskedPrecision = Literal["auto", "fp32"]
"""auto: bf16 where the hardware multiplies it; fp32: never bf16."""


def pick_device(asked: str) -> str:
    """`auto` is cuda, else mps, else cpu; cuda:1 is the second GPU.

    Raises UserError for a device that is not there.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    there = {"cuda": gpus > 0, "mps": torch.backends.mps.is_available(), "cpu": True}
    if asked == "auto":
        return next(name for name, is_there in there.items() if is_there)
    there |= {f"cuda:{gpu}": True for gpu in range(gpus)}
    if not there.get(asked, False):
        known = ", ".join(name for name, is_there in there.items() if is_there)
        raise UserError(f"device {asked!r} is not on this machine, which has {known}")
    return asked


def kind_of(device: str) -> str:
    """`cuda` of cuda:1."""
    return device.partition(":")[0]


def pick_precision(device: str, asked: AskedPrecision = "auto") -> Precision:
    """bf16 where the hardware multiplies it and `asked` allows it, else fp32."""
    if asked == "fp32":
        return "fp32"
    if kind_of(device) == "cuda":
        with torch.cuda.device(device):
            return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return "bf16"
    return "fp32"


@contextmanager
def true_float32() -> Iterator[None]:
    """Keep convolutions on a GPU from rounding float32 to TF32; matrix products do not anyway."""
    before = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before
