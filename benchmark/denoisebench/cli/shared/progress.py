"""Progress on stderr: a line that rewrites itself on a terminal, a line now and then elsewhere."""

import sys
import time

import click

from denoisebench.outside_text import printable
from denoisebench.progress import Progress

_QUIET_S = 20.0  # between lines where there is no terminal


class _Display:
    def __init__(self) -> None:
        self._what = ""
        self._started = self._shown = 0.0
        self._first = 0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.total == 0:  # an announcement
            click.echo(printable(progress.what), err=True)
            return
        if progress.what != self._what or progress.done <= self._first:
            self._what, self._started, self._first = progress.what, now, progress.done
            self._shown = now if not sys.stderr.isatty() else 0.0
        finished = progress.done == progress.total
        pause = 0.1 if sys.stderr.isatty() else _QUIET_S
        if now - self._shown < pause and not finished:
            return
        self._shown = now
        line = printable(self._line(progress, now))
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{line}", err=True, nl=finished)
        else:
            click.echo(line, err=True)

    def _line(self, progress: Progress, now: float) -> str:
        worked, elapsed = progress.done - self._first, now - self._started
        parts = [f"{progress.what} {progress.done}/{progress.total}"]
        if worked > 0 and elapsed > 0:
            rate = worked / elapsed
            parts.append(f"{rate:.1f}/s")
            if progress.done < progress.total:
                parts.append(f"{_clock((progress.total - progress.done) / rate)} left")
            else:
                parts.append(f"took {_clock(elapsed)}")
        if progress.note:
            parts.append(progress.note)
        return ", ".join(parts)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


show_progress = _Display()
