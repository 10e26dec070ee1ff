"""Freed memory stays with the process within the block, and goes back at its end."""

import subprocess
import sys
from pathlib import Path

import pytest

from denoisebench.freed_memory import freed_memory_kept

STEPS = """
import resource, sys, torch
from contextlib import nullcontext
from pathlib import Path
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.nn.unet import UNet

torch.set_num_threads(1)
net = UNet(1).to(memory_format=torch.channels_last)
x = torch.rand(4, 1, 64, 64)

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    net(x).square().mean().backward()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def faults_of_an_image():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.zeros(48 << 20, dtype=torch.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

with freed_memory_kept() if sys.argv[1] == "kept" else nullcontext():
    found = [faults() for _ in range(6)]
    with freed_memory_kept() if sys.argv[1] == "kept" else nullcontext():
        faults_of_an_image()
    large = [faults_of_an_image() for _ in range(6)]
    held = resident()
print(min(found[1:]), min(large[1:]), held - resident())
"""


def measured(how):
    """The least page faults of a step and of 48 megabytes, each but the first, and the pages given
    back at the end."""
    run = [sys.executable, "-c", STEPS, how]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    return tuple(map(int, done.stdout.split()))


@pytest.mark.skipif(sys.platform != "linux", reason="for glibc alone")
def test_a_step_takes_the_memory_of_the_last_one_without_page_faults_until_it_is_given_back():
    faults, of_an_image, given_back = measured("kept")
    usual_faults, usual_of_an_image, _ = measured("usual")
    assert 10 * faults <= usual_faults
    assert 10 * of_an_image <= usual_of_an_image
    assert given_back > 1000  # pages


HUGE_PAGES = """
import sys, torch
from pathlib import Path
from denoisebench.freed_memory import freed_memory_kept

with freed_memory_kept():
    image = torch.zeros(48 << 20, dtype=torch.uint8)
    place, inside = image.data_ptr() + (24 << 20), False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        first, *rest = line.split()
        if not first.endswith(":"):
            begin, end = (int(part, 16) for part in first.split("-"))
            inside = begin <= place < end
        elif inside and first == "VmFlags:":
            print("hg" in rest)
"""


@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").exists(), reason="there are no huge pages"
)
def test_a_large_image_may_have_huge_pages():
    run = [sys.executable, "-c", HUGE_PAGES]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"]


LITTLE_ROOM = """
import resource, torch
from denoisebench.freed_memory import ROOM_BYTES, freed_memory_kept

resource.setrlimit(resource.RLIMIT_DATA, (ROOM_BYTES // 2, ROOM_BYTES // 2))
with freed_memory_kept():
    print(int(torch.ones(48 << 20, dtype=torch.uint8)[-1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="for glibc alone")
def test_a_process_that_may_not_grow_so_far_works_without_them():
    run = [sys.executable, "-c", LITTLE_ROOM]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


def test_an_error_within_is_passed_on():
    with pytest.raises(KeyboardInterrupt), freed_memory_kept():
        raise KeyboardInterrupt
