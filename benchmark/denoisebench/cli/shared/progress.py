"""Progress on stderr: lines that are rewritten on a terminal, a line now and then elsewhere."""

import shutil
import sys
import threading
import time
from collections.abc import Mapping
from typing import Literal, Self

import click

from denoisebench.outside_text import printable
from denoisebench.progress import Progress, Weight, Whole, clock

Heard = Literal["quiet", "usual", "verbose"]

_HEARD: Mapping[Heard, set[Weight]] = {
    "quiet": {"warning"},
    "usual": {"usual", "warning"},
    "verbose": {"detail", "usual", "warning"},
}
_LOG_S = 20.0
"""Between lines where there is no terminal."""
_TERMINAL_S = 0.1


class Display:
    """Shows what it is called with, by any thread; as a context manager it leaves no half line.

    heard: whose words are shown: of `quiet` warnings alone, of `verbose` all.
    now_and_then: whether to show how far unfinished work is.
    """

    def __init__(self, heard: Heard = "usual", *, now_and_then: bool = True) -> None:
        self._heard, self._follows = heard, now_and_then and heard != "quiet"
        self._lock = threading.Lock()
        self._what, self._first, self._started = "", 0, 0.0
        self._part, self._whole = "", Whole("units", 0, 0)
        self._shown = time.monotonic()
        self._lines: list[str] = []  # of the terminal, to be rewritten
        self._drawn = 0  # of these, how many are there now

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._erase()

    def __call__(self, progress: Progress) -> None:
        with self._lock:
            if not progress.total:
                if progress.weight in _HEARD[self._heard]:
                    self._say(str(progress))
            elif self._follows and isinstance(progress, Whole):
                self._whole = progress
                self._show(time.monotonic())
            elif self._follows:
                self._follow(progress, time.monotonic())

    def _follow(self, progress: Progress, now: float) -> None:
        """Report how far a part is; report its end only if no whole is known."""
        if progress.what != self._what or progress.done <= self._first:
            self._what, self._first, self._started = progress.what, progress.done, now
        line, done = self._line(progress, now), progress.done == progress.total
        self._part = "" if done else line
        if done and not self._whole.total:
            self._lines = []
            self._say(line)
        else:
            self._show(now)

    def _line(self, progress: Progress, now: float) -> str:
        worked, elapsed = progress.done - self._first, now - self._started
        parts = [f"{progress.what} {progress.done}/{progress.total}"]
        if worked > 0 and elapsed > 0:
            rate = worked / elapsed
            parts.append(f"{rate:.1f}/s")
            if progress.done < progress.total:
                parts.append(f"{clock((progress.total - progress.done) / rate)} left")
            else:
                parts.append(f"took {clock(elapsed)}")
        if progress.note:
            parts.append(progress.note)
        return ", ".join(parts)

    def _show(self, now: float) -> None:
        """Rewrite the lines of the terminal, or write one, if that is not too soon."""
        terminal = sys.stderr.isatty()
        if now - self._shown < (_TERMINAL_S if terminal else _LOG_S):
            return
        self._shown = now
        whole = str(self._whole) if self._whole.total > 1 else ""
        if terminal:
            self._lines = list(filter(None, (*self._whole.others, self._part, whole)))
            self._draw()
        else:
            click.echo(printable("; ".join(filter(None, (whole, self._part)))), err=True)

    def _say(self, line: str) -> None:
        """Write a line that stays, above those that are rewritten."""
        self._erase()
        click.echo(printable(line), err=True)
        if sys.stderr.isatty():
            self._draw()

    def _draw(self) -> None:
        self._erase()
        width = shutil.get_terminal_size().columns - 1
        text = "\n".join(printable(line)[:width] for line in self._lines)
        click.echo(text, err=True, nl=False)
        self._drawn = len(self._lines)

    def _erase(self) -> None:
        if self._drawn:
            click.echo("\r" + "\x1b[A" * (self._drawn - 1) + "\x1b[J", err=True, nl=False)
            self._drawn = 0


show_progress = Display()
"""For verbs that have no `--quiet`."""
