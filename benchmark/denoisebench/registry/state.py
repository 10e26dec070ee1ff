"""The state whose change may mend a failure: the files of plugins, and the installed packages."""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, distributions

from denoisebench.registry.packages import files_of, package_of


def state_of(things: Iterable[object]) -> str:
    """A hash of the files of the plugins of these objects, byte by byte, and of the names and
    versions of all that is installed, the suite among it."""
    state = hashlib.sha256(_installed().encode())
    for package in sorted({*map(package_of, things)} - {"denoisebench"}):
        for name, file in files_of(package).items():
            state.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return state.hexdigest()[:16]


@cache
def _installed() -> str:
    return "\n".join(sorted(map(_label, distributions())))


def _label(installed: Distribution) -> str:
    """A name and a version; empty for what is left of a package that was removed by half."""
    try:
        return f"{installed.name} {installed.version}"
    except (KeyError, TypeError):
        return ""
