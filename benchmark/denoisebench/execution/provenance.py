"""Where a result was made: versions, machine, state of the checkout."""

import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import denoisebench


def provenance(device: str) -> dict[str, Any]:
    """Plain values that explain a result later."""
    import torch

    from denoisebench.nn.devices import kind_of

    kind = kind_of(device)
    name = torch.cuda.get_device_name(device) if kind == "cuda" else _processor()
    return {
        "denoisebench": denoisebench.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": version("numpy"),
        "platform": platform.platform(),
        "device": kind,
        "device_name": name,
        "threads": torch.get_num_threads(),
        "peak_memory_mb": _peak_memory_mb(),
        "git": _git_state(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(s.split(":", 1)[1].strip() for s in lines if s.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def _peak_memory_mb() -> float | None:
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)


@cache
def _git_state() -> str | None:
    """The commit of the checkout that this code runs from, with -dirty; None outside of one."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
