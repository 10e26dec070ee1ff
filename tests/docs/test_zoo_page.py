"""Every command of docs/zoo.md works as typed, or plans what it would compute."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench

TEXT = (Path(__file__).parents[2] / "docs" / "zoo.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.M | re.S)
    for line in block.split("\n")[:-1]
]


def run(line: str, cwd: Path) -> str:
    _, *arguments = shlex.split(line)
    if arguments[0] != "zoo" and "--dry-run" not in arguments:
        arguments.append("--dry-run")
    done = bench(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_of_the_page_works(tmp_path: Path, line: str) -> None:
    assert run(line, tmp_path)


def test_the_training_of_the_page_is_the_one_that_it_says(tmp_path: Path) -> None:
    (train, *_), (plain,) = (
        [line for line in COMMANDS if word in line] for word in ("zoo train", "bench run ")
    )
    ours, theirs = (run(line, tmp_path).splitlines()[0] for line in (train, plain))
    assert ours == theirs


def test_every_state_and_kind_of_weights_is_explained() -> None:
    for word in ("shipped", "recipe only", "missing", "another file", "auto", "zoo", "none"):
        assert f"`{word}`" in TEXT
