"""What a machine has no memory for is refused before it is tried."""

import math
from pathlib import Path

import pytest

from denoisebench import limits
from denoisebench.limits import SMALL_BYTES, free_bytes, why_too_large

resource = pytest.importorskip("resource", reason="limits of a process are Unix's")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that tells nothing but what is written to its files."""
    monkeypatch.setattr(limits, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(limits, "CGROUPS", {tmp_path / "max": tmp_path / "current"})
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    return tmp_path


def test_an_image_beyond_the_free_memory_is_refused_with_both_figures(machine: Path) -> None:
    (machine / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable: 2000000 kB\n")
    assert free_bytes() == 2_048_000_000
    assert why_too_large(20_000, 20_000, 2_000_000_000) == ""
    assert why_too_large(20_000, 20_000, 6_000_000_000) == (
        "is 20000×20000 and takes 6 GB of memory, of which 2 GB are free; cut it into parts"
    )
    assert why_too_large(20_000, 20_000) == ""


def test_small_images_are_not_asked_after(machine: Path) -> None:
    (machine / "meminfo").write_text("MemAvailable: 1 kB\n")
    assert why_too_large(3000, 2000, SMALL_BYTES) == ""


def test_the_limits_of_the_group_and_of_the_process_count(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "max").write_text("900000000\n")
    (machine / "current").write_text("300000000\n")
    assert free_bytes() == 600_000_000
    (machine / "statm").write_text("1000 500 0\n")
    monkeypatch.setattr(limits, "STATM", machine / "statm")
    pages = resource.getpagesize()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (5000 * pages, resource.RLIM_INFINITY))
    assert free_bytes() == 4000 * pages


@pytest.mark.usefixtures("machine")
def test_a_machine_that_tells_nothing_has_no_limit() -> None:
    assert free_bytes() == math.inf
