"""Freed memory that stays with the process for what is taken next."""

import ctypes
import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4  # of mallopt, malloc.h
LARGEST_ON_THE_HEAP = 32 << 20  # bytes; the most that every glibc takes
NEVER, USUAL = -1, 2 * LARGEST_ON_THE_HEAP  # bytes; glibc's own is twice the largest
NONE, MANY = 0, 65536  # blocks that are not on the heap; MANY is glibc's own

HUGE_PAGE_BYTES = 2 << 20
ROOM_BYTES = 4 << 30
"""The addresses of the heap that may become huge pages.  Those that stay unused cost no memory."""

_within: list[None] = []  # one for each block that has begun and not ended


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Keep what is freed for what is taken next; give it back at the end.  For glibc, on Linux.

    By default each step of a training, each image and each tile gives its activations back to the
    system, which then has to map and zero every page that the next one takes.  Where the system has
    huge pages, it maps and takes back 512 times fewer.  Of blocks within each other, the outermost
    gives back.
    """
    glibc = _glibc()
    if glibc is None:
        yield
        return
    _within.append(None)
    glibc.mallopt(MMAP_THRESHOLD, LARGEST_ON_THE_HEAP)
    glibc.mallopt(MMAP_MAX, NONE)
    glibc.mallopt(TRIM_THRESHOLD, NEVER)
    if len(_within) == 1:
        _make_room(glibc)
    try:
        yield
    finally:
        _within.pop()
        if not _within:
            glibc.mallopt(TRIM_THRESHOLD, USUAL)
            glibc.mallopt(MMAP_MAX, MANY)
            glibc.malloc_trim(0)


def _make_room(glibc: ctypes.CDLL) -> None:
    """Let the heap grow by `ROOM_BYTES` of addresses for huge pages, where the system allows it."""
    glibc.malloc.restype, glibc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    glibc.free.argtypes = [ctypes.c_void_p]
    glibc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    room = glibc.malloc(ROOM_BYTES)
    if room is None:
        return
    begin = -(-room // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    glibc.madvise(begin, ROOM_BYTES - HUGE_PAGE_BYTES, mmap.MADV_HUGEPAGE)
    glibc.free(room)  # stays on the heap


def _glibc() -> ctypes.CDLL | None:
    """The C library of this process; None where it is another one."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") else None
