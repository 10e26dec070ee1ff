"""The global states of random numbers, which no plugin may draw from or set."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed the global generators of Python, NumPy and torch; put them back at the end."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def changed_generators(before: "tuple[object, ...]") -> str:
    """The names of the global generators that are not as they were: `torch, numpy`."""
    names = ("torch", "numpy", "random")
    changed = [n for n, a, b in zip(names, before, states(), strict=True) if a != b]
    return ", ".join(changed)


def states() -> tuple[object, ...]:
    """The states of the global generators of torch, NumPy and Python, to compare."""
    _, keys, position, *_ = np.random.get_state()
    return (
        bytes(torch.get_rng_state().numpy()),
        (bytes(np.asarray(keys)), position),
        random.getstate(),
    )
