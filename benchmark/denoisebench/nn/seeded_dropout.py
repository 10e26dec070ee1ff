"""Dropout that a seed decides, although it draws from torch's global generator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

GOLDEN = 2654435769
"""2³² over the golden ratio (Knuth's multiplicative hash): odd, so that no two seeds are one."""


def dropout_seed(seed: int, step: int) -> int:
    """The seed of a step: below 2³², since the CPU's generator takes no more bits.

    At a step each seed below 2³² has its own, and the steps of neighbouring seeds are far apart.
    """
    return (GOLDEN * seed + step) % 2**32


@contextmanager
def keyed_dropout(device: torch.device, seed: int, step: int) -> Iterator[None]:
    """Let what networks drop depend on the seed and the step alone; leave the global generator as
    it was."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(dropout_seed(seed, step))
        yield
