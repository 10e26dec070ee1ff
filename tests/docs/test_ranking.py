"""docs/ranking.md: its commands are plans that work."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import bench, make_images

PAGE = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^    (bench rank .*)$", PAGE, re.MULTILINE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_a_plan_that_works(tmp_path: Path, line: str) -> None:
    for folder in ("my/noisy", "noisy", "reference"):
        make_images(tmp_path / folder, 2)
    noise = np.random.default_rng(0).normal(900.0, 50.0, (64, 64)).astype(np.uint16)
    np.save(tmp_path / "my" / "noisy" / "noise.npy", noise)
    (tmp_path / "scans").mkdir()
    for name in ("cells.tif", "scans/a.tif"):
        tifffile.imwrite(tmp_path / name, noise)
    done = bench(*shlex.split(line)[1:], "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing was computed" in done.stdout


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 4
