"""docs/ranking.md: its commands are plans that work."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench, make_images

PAGE = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"^    (bench rank .*)$", PAGE, re.MULTILINE)))


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_a_plan_that_works(tmp_path: Path, line: str) -> None:
    for folder in ("my/noisy", "noisy", "reference"):
        make_images(tmp_path / folder, 2)
    done = bench(*shlex.split(line)[1:], "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "nothing was computed" in done.stdout


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 4
