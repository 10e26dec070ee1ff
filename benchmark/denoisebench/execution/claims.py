"""Who works on what, so that processes that share a folder of results share the work.

A process that begins a training or a cell makes `OUT/claims/ID.N.json`, which it touches as long as
it works and removes at the end.  No lock of the file system is needed, so that it works on network
drives.  A claim is dead when its process is known to have ended or, on another machine, when it was
not touched for `DEAD_S`; whoever finds it makes the one of the next number N.  It is made so that
only one process can.
"""

import contextlib
import os
import platform
import secrets
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from denoisebench.documents import json_value
from denoisebench.execution.context import Context
from denoisebench.execution.process_marks import machine, started
from denoisebench.files import process_runs, told_of_writing
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.results.strict_json import json_text, parse

BEAT_S = 10.0
"""How often a claim is touched."""
DEAD_S = 300.0
"""A claim of another machine is dead if it was not touched for this long."""
WRITTEN_S = 20.0
"""After this long, an unreadable claim is no longer one being written."""
LOOK_S = 1.0
"""How often a process that waits looks again."""
PACE_S = 5.0
"""After this long, the pace of a unit is known."""

_FOLDER = "claims"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who claims a unit of work.  what: the work in words.  since: local time.

    machine, started: marks of where and when the process began; started is empty where the system
    does not tell.  done, total: how far the work is.  pace_s: what one of `total` takes; 0 where
    that is not known.
    """

    what: str
    host: str
    pid: int
    since: str
    machine: str
    started: str
    done: int = 0
    total: int = 0
    pace_s: float = 0.0

    @property
    def left_s(self) -> float:
        """How long the work goes on, where its pace is known."""
        return self.pace_s * (self.total - self.done)

    @property
    def process(self) -> str:
        """Which process it is: `node7, process 4711`, the machine only if it is another."""
        number = f"process {self.pid}"
        return number if self.host == platform.node() else f"{self.host}, {number}"

    def __str__(self) -> str:
        return f"{self.what} ({self.process}, since {self.since})"


@dataclass(frozen=True, slots=True)
class Found:
    """A claim on disk.  holder: None where the file is being written, or is damaged."""

    path: Path
    unit: str
    number: int
    holder: Holder | None

    def lives(self) -> bool:
        """Whether its process works on, as far as can be told from here."""
        if self.holder is not None and self.holder.machine == machine():
            if self.holder.started:
                return started(self.holder.pid) == self.holder.started
            if not process_runs(self.holder.pid):
                return False
        try:
            touched = self.path.stat().st_mtime
        except FileNotFoundError:
            return False
        return _now(self.path.parent) - touched < (DEAD_S if self.holder else WRITTEN_S)


class Claim:
    """A unit that this process works on."""

    def __init__(self, path: Path, holder: Holder) -> None:
        self._path, self._holder = path, holder
        self._first: tuple[int, float] | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    def telling(self, context: Context) -> Context:
        """A context whose progress others see, at the next touch."""

        def tell(progress: Progress) -> None:
            if progress.total and self._holder.what.startswith(progress.what):  # no download
                self._note(progress)
            context.progress(progress)

        return replace(context, progress=tell)

    def release(self) -> None:
        """The work has ended, or is left to others."""
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(OSError):  # taken over, or the folder is gone
            self._path.unlink()

    def _note(self, progress: Progress) -> None:
        """How far it is.  The work of an interrupted run is not counted in its pace."""
        now = time.monotonic()
        first, began = self._first = self._first or (progress.done, now)
        worked, took_s = progress.done - first, now - began
        pace_s = took_s / worked if worked > 0 and took_s >= PACE_S else 0.0
        self._holder = replace(
            self._holder, done=progress.done, total=progress.total, pace_s=pace_s
        )

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_S):
            record = asdict(self._holder)
            with contextlib.suppress(OSError):  # a full disk, or a network that is away
                os.utime(self._path)
                with self._path.open("r+", encoding="utf-8") as file:
                    file.write(json_text(record, indent=None))
                    file.truncate()


@contextlib.contextmanager
def claimed(out: Path, unit: str, what: str) -> Iterator[Claim | None]:
    """Claim a unit of work while the block runs; None if another process works on it.

    what: the work in words.  Raises UserError when the folder cannot be written.
    """
    claim = _take(out, unit, what)
    try:
        yield claim
    finally:
        if claim is not None:
            claim.release()


@contextlib.contextmanager
def waited_for(out: Path, unit: str, what: str, progress: ProgressCallback) -> Iterator[Claim]:
    """Claim a unit of work while the block runs, once no other process works on it."""
    said = False
    while True:
        with claimed(out, unit, what) as claim:
            if claim is not None:
                yield claim
                return
        if not said:
            progress(Progress(waiting_text(living(out, [unit])), 0, 0))
            said = True
        time.sleep(LOOK_S * (0.5 + secrets.randbelow(1000) / 1000))


def living(out: Path, units: Iterable[str] | None = None) -> list[Found]:
    """The claims that other processes, or this one, hold now: on these units, or on all."""
    wanted = None if units is None else set(units)
    return [
        claim for claim in _all(out) if (wanted is None or claim.unit in wanted) and claim.lives()
    ]


def waiting_text(claims: Sequence[Found]) -> str:
    """The units that are waited for, in words."""
    told = [str(claim.holder) for claim in claims if claim.holder is not None]
    if not told:
        return "waiting for another process"
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return f"waiting for {told[0]}{more}"


def sweep_claims(out: Path) -> None:
    """Remove the claims of dead processes."""
    for claim in _all(out):
        if not claim.lives():
            with contextlib.suppress(OSError):  # gone already, or not ours to remove
                claim.path.unlink()


def _take(out: Path, unit: str, what: str) -> Claim | None:
    claims = [claim for claim in _all(out) if claim.unit == unit]
    if any(claim.lives() for claim in claims):
        return None
    number = max((claim.number for claim in claims), default=0) + 1
    path = out / _FOLDER / f"{unit}.{number}.json"
    holder = Holder(
        what,
        platform.node(),
        os.getpid(),
        time.strftime("%H:%M"),
        machine(),
        started(os.getpid()),
    )
    with told_of_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            file = path.open("x", encoding="utf-8")
        except FileExistsError:
            return None
        try:
            with file:
                file.write(json_text(asdict(holder), indent=None))
        except BaseException:  # a full disk, say: others must not wait for it
            path.unlink(missing_ok=True)
            raise
    # One that was made meanwhile, after a third process was done, is seen by whoever came later.
    for other in _all(out):
        if other.unit == unit and other.path != path:
            if other.lives():
                path.unlink(missing_ok=True)
                return None
            other.path.unlink(missing_ok=True)
    return Claim(path, holder)


def _all(out: Path) -> list[Found]:
    found = []
    for path in sorted((out / _FOLDER).glob("*.*.json")):
        unit, number = path.name.removesuffix(".json").rsplit(".", 1)
        if number.isdecimal():
            found.append(Found(path, unit, int(number), _read(path)))
    return found


def _read(path: Path) -> Holder | None:
    try:
        return parse(Holder, json_value(path.read_text(encoding="utf-8", errors="replace")))
    except (OSError, ValueError):
        return None


def _now(folder: Path) -> float:
    """The time as the file system has it: the clock of another machine may be wrong."""
    probe = folder / f".now-{secrets.token_hex(4)}"
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:  # a folder that can only be read
        return time.time()
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()
