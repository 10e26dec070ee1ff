"""How large an image may be: for whoever made the file, and for the memory of this machine."""

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from denoisebench.errors import UserError
from denoisebench.specs import number

MAX_MEGAPIXELS = "DENOISEBENCH_MAX_MEGAPIXELS"
"""The environment variable that says how many million pixels of an image are read at most."""
MOST_MEGAPIXELS = 1000.0  # where it says nothing

MEMINFO = Path("/proc/meminfo")
CGROUPS = {  # limit -> usage, of version 2 and 1
    Path("/sys/fs/cgroup/memory.max"): Path("/sys/fs/cgroup/memory.current"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"): Path(
        "/sys/fs/cgroup/memory/memory.usage_in_bytes"
    ),
}
STATM = Path("/proc/self/statm")

SMALL_BYTES = 1 << 28
"""Memory for less is not asked after."""

HARMLESS_BYTES = 1 << 25
"""Pixels that take less are read, whatever the size of their file."""
MOST_COMPRESSED = 100  # a constant PNG reaches 1032; a photograph as a JPEG seldom 50


def why_too_large(width: int, height: int, needed_bytes: int = 0) -> str:
    """Why an image with this number of pixels is not read; empty if it is.

    needed_bytes: what it takes in memory; 0 for an image that is read in parts.
    Raises UserError where the environment variable that sets the limit is no number above 0.

    >>> why_too_large(3000, 2000)
    ''
    """
    most = _most_megapixels()
    if height * width > most * 1e6:
        return (
            f"is {width}×{height}, and at most {most:g} million pixels are read; cut it into parts,"
            f" or set {MAX_MEGAPIXELS} to a larger number"
        )
    if needed_bytes > SMALL_BYTES and needed_bytes > (free := free_bytes()):
        return (
            f"is {width}×{height} and takes {needed_bytes / 1e9:.2g} GB of memory, of which"
            f" {free / 1e9:.2g} GB are free; cut it into parts"
        )
    return ""


def why_too_compressed(width: int, height: int, decoded_bytes: int, stored_bytes: int) -> str:
    """Why an image is not read whose file is much smaller than its pixels; empty if it is read.

    Pixels with noise hardly compress, so a small file of a large image is a mistake or a trap.

    >>> why_too_compressed(16_000, 16_000, decoded_bytes=256_000_000, stored_bytes=4_000_000)
    ''
    """
    if decoded_bytes <= max(HARMLESS_BYTES, MOST_COMPRESSED * stored_bytes):
        return ""
    return (
        f"says that it is {width}×{height} in {stored_bytes} bytes, and at most {MOST_COMPRESSED}"
        " to 1 are read; save it whole, with less compression"
    )


def _most_megapixels() -> float:
    text = os.environ.get(MAX_MEGAPIXELS)
    if not text:
        return MOST_MEGAPIXELS
    try:
        most = number(text)
    except ValueError as error:
        raise UserError(f"{MAX_MEGAPIXELS}: {error}; give millions of pixels, as 2000") from None
    if most <= 0.0:
        raise UserError(f"{MAX_MEGAPIXELS} is {most:g}; give millions of pixels above 0, as 2000")
    return most


def free_bytes() -> float:
    """Memory that this process may still take; infinite where the system does not tell."""
    return min([math.inf, *_free()])


def _free() -> Iterator[int]:
    """The free memory of the machine, within the limits of the process and its group."""
    with suppress(OSError, ValueError):
        sizes = dict(line.split(":") for line in MEMINFO.read_text(encoding="ascii").splitlines())
        yield int(sizes["MemAvailable"].split()[0]) * 1024
    for limit, usage in CGROUPS.items():
        with suppress(OSError, ValueError):  # another version, or "max"
            yield max(int(limit.read_text()) - int(usage.read_text()), 0)
    with suppress(ImportError, OSError, ValueError):  # of Unix, of Linux
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            yield max(most - int(STATM.read_text().split()[0]) * resource.getpagesize(), 0)
