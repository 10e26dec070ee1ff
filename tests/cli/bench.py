"""Running the command line as a user does, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

MAIN = "from denoisebench.cli import main; main()"


def command(*arguments: str, before: str = "") -> list[str]:
    """The command; `before`: Python to run first."""
    return [sys.executable, "-c", f"{before}{MAIN}", *arguments]


def environment(**extra: str) -> dict[str, str]:
    """One thread, no data but what the test makes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DENOISEBENCH_")}
    return kept | {"OMP_NUM_THREADS": "1", "COLUMNS": "100"} | extra


def bench(*arguments: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `bench` with arguments in `cwd`."""
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(**extra),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def make_images(folder: Path, count: int, side: int = 48, seed: int = 0) -> Path:
    """A folder of smooth gray PNG images."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(30, 225, (6, 6), dtype=np.uint8))
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder
