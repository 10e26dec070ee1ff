"""A tracker in a separate thread: it slows no training down and stops none."""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from denoisebench.errors import UserError
from denoisebench.plugin.tracker import Tracker
from denoisebench.progress import Progress, ProgressCallback

LONGEST = 1_000
"""The most calls that wait for a tracker."""
MAY_BE_LEFT_OUT = ("scalars", "image")

Call = Callable[[Tracker], object]


class TrackerThread:
    """Calls a tracker in order.  Begins with the first call."""

    def __init__(self, tracker: Tracker, progress: ProgressCallback) -> None:
        self._tracker, self._progress = tracker, progress
        self._calls: deque[tuple[str, Call]] = deque()
        self._changed = threading.Condition()
        self._left_out = 0
        self._off = self._closing = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def call(self, method: str, *arguments: object) -> None:
        """Have a method of the tracker called; returns at once."""
        with self._changed:
            if self._off:
                return
            if self._thread.ident is None:
                self._thread.start()
            if len(self._calls) == LONGEST and not self._make_room():
                self._switch_off(f"{LONGEST} calls wait for it")
                return
            self._calls.append((method, lambda tracker: getattr(tracker, method)(*arguments)))
            self._changed.notify()

    def close(self, until: float) -> None:
        """Let the tracker finish, but go on at the time `until`, of `time.monotonic`."""
        if self._thread.ident is None:
            return
        with self._changed:
            self._closing = True
            self._changed.notify()
        if not self._off:
            self._thread.join(max(0.0, until - time.monotonic()))
        with self._changed:
            if self._thread.is_alive() and not self._off:
                self._switch_off("it takes too long, and is not waited for")
            if self._left_out:
                self._say(f"was too slow: {self._left_out} calls were left out")

    def _make_room(self) -> bool:
        """Leave the oldest value or image out, if there is one."""
        for call in self._calls:
            if call[0] in MAY_BE_LEFT_OUT:
                self._calls.remove(call)
                self._left_out += 1
                return True
        return False

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._calls and not self._closing:
                    self._changed.wait()
                if self._off or not self._calls:
                    return
                _, call = self._calls.popleft()
            try:
                call(self._tracker)
            except BaseException as error:  # noqa: BLE001 - whatever it raises, the training goes on
                with self._changed:
                    if not self._off:
                        self._switch_off(_in_words(error))
                return

    def _switch_off(self, why: str) -> None:
        self._off = True
        self._calls.clear()
        self._say(f"is off from here: {why}")

    def _say(self, text: str) -> None:
        with suppress(OSError):
            line = f"--track {self._tracker.name} {text}"
            self._progress(Progress(line, 0, 0, weight="warning"))


def _in_words(error: BaseException) -> str:
    text = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
