"""Large images on pages of 2 MB: the system maps, clears and takes back 512 times fewer."""

import ctypes
import mmap
import sys
from functools import cache

from torch import Tensor

PAGE_BYTES = 2 << 20


def on_huge_pages(image: Tensor) -> Tensor:
    """The image, a new one on the CPU, whose memory was not touched yet.

    Linux may give it huge pages, where it has any; other systems decide by themselves.
    """
    linux = _linux()
    if linux is not None:
        begin = -(-image.data_ptr() // PAGE_BYTES) * PAGE_BYTES
        end = image.data_ptr() + image.numel() * image.element_size()
        whole = (end - begin) // PAGE_BYTES * PAGE_BYTES
        if whole > 0:
            linux.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(whole), mmap.MADV_HUGEPAGE)
    return image


@cache
def _linux() -> ctypes.CDLL | None:
    """The C library of Linux; None on other systems."""
    return ctypes.CDLL(None) if sys.platform == "linux" else None
