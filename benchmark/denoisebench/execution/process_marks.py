"""Marks of this machine and of a process on it, which no other has."""

import contextlib
import platform
from functools import cache
from pathlib import Path


@cache
def machine() -> str:
    """A mark of this machine since it started, and of what its process numbers mean."""
    marks = [platform.node()]
    with contextlib.suppress(OSError):  # only Linux has them
        marks.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        marks.append(str(Path("/proc/self/ns/pid").readlink()))
    return " ".join(marks)


def started(pid: int) -> str:
    """A mark that no other process of this number has; empty if none runs, and where the system
    does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]  # the start, in ticks since the machine's own
