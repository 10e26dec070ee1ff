"""Every command of docs/sweeps.md is a plan that works."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench

DOC = Path(__file__).parents[2] / "docs" / "sweeps.md"
COMMANDS = re.findall(r"^    (bench sweep .*)$", DOC.read_text(encoding="utf-8"), re.MULTILINE)
UNTRAINED = [line for line in COMMANDS if "--budget" not in line]


def test_there_are_commands_to_check() -> None:
    assert len(UNTRAINED) >= 3


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_a_plan_that_works_and_trains_only_where_it_says_so(
    tmp_path: Path, line: str
) -> None:
    done = bench(*shlex.split(line)[1:], "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kinds = {text.split()[0] for text in done.stdout.splitlines()}
    assert kinds == ({"cell", "about"} if line in UNTRAINED else {"training", "cell", "about"})
