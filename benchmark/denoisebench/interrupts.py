"""Ctrl-C and SIGTERM: the one is taken for the other, and neither cuts some work in two."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from denoisebench.errors import TerminatedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back to the end: half a step must not become a checkpoint."""
    if threading.current_thread() is not threading.main_thread():  # no other thread gets them
        yield
        return
    asked: list[int] = []
    before = {n: signal.signal(n, lambda number, _frame: asked.append(number)) for n in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)
    if asked:
        signal.raise_signal(asked[0])


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Raise TerminatedError, a KeyboardInterrupt, on SIGTERM, unless somebody else handles it."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise TerminatedError

    in_main_thread = threading.current_thread() is threading.main_thread()
    if not in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
