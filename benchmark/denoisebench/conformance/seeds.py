"""The global states of random numbers, which no plugin may draw from or set."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import torch

from denoisebench.conformance.places import lies_in, place_of_line


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


def place_that_draws(run: Callable[[], object], files: Sequence[str]) -> str:
    """The line of a plugin, of these files, in which `run` changes a global generator: file:line.

    Empty if it is in no line of them.
    """
    before, found, line = states(), "", ("", 0)

    def look(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal before, found, line
        if not lies_in(frame.f_code.co_filename, files):
            return None
        if event == "call" and not (
            frame.f_back and lies_in(frame.f_back.f_code.co_filename, files)
        ):
            before = states()  # what the suite itself has drawn or seeded
        elif not found and states() != before:
            found = place_of_line(*line)
        line = (frame.f_code.co_filename, frame.f_lineno)
        if event == "return" and frame.f_back is not None:  # what is left of the caller's line
            line = (frame.f_back.f_code.co_filename, frame.f_back.f_lineno)
        return look

    old = sys.gettrace()
    sys.settrace(look)
    try:
        run()
    finally:
        sys.settrace(old)
    return found
