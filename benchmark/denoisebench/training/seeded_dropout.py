"""Dropout that a seed decides, although it draws from torch's global generator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def keyed_dropout(device: torch.device, seed: int, step: int) -> Iterator[None]:
    """Let what networks drop depend on the seed and the step alone; leave the global generator as
    it was."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(((seed << 32) + step) % 2**63)  # of large seeds the last 31 bits count
        yield
