"""Large images ask Linux for huge pages, and small ones for none."""

import mmap
from pathlib import Path

import pytest
import torch
from torch import Tensor

from denoisebench.nn import huge_pages
from denoisebench.nn.huge_pages import PAGE_BYTES, on_huge_pages

HUGE = "hg"  # of VmFlags, proc_pid_smaps(5)

needs_linux = pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists()
    or not Path("/proc/self/smaps").exists(),
    reason="this system has no huge pages to ask for",
)


def new_image(megabytes: float) -> Tensor:
    """In memory that no other image had before."""
    count = int(megabytes * 2**20)
    pages = mmap.mmap(-1, count, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return torch.frombuffer(pages, dtype=torch.uint8).view(1, 1, 1, count)


def flags_at(address: int) -> list[str]:
    """The flags of the mapping that holds an address of this process."""
    inside = False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if "-" in first and not first.endswith(":"):
            begin, end = (int(part, 16) for part in first.split("-"))
            inside = begin <= address < end
        elif inside and first == "VmFlags:":
            return rest
    raise AssertionError("no mapping holds it")


@needs_linux
def test_the_whole_pages_of_a_large_image_may_be_huge() -> None:
    image = new_image(16)
    assert on_huge_pages(image) is image
    assert HUGE in flags_at(image.data_ptr() + 4 * PAGE_BYTES)


@needs_linux
def test_a_small_image_asks_for_none() -> None:
    image = new_image(0.5)
    assert HUGE not in flags_at(on_huge_pages(image).data_ptr())


def test_other_systems_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge_pages.sys, "platform", "darwin")
    huge_pages._linux.cache_clear()
    try:
        assert on_huge_pages(torch.zeros(1, 1, 8, PAGE_BYTES // 4)).sum() == 0.0
        assert huge_pages._linux() is None
    finally:
        huge_pages._linux.cache_clear()
