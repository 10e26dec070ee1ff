"""`bench` alone prints four examples, and each of them works."""

import re
import shlex
from pathlib import Path

import click
import pytest
from bench import bench, make_images

import denoisebench.cli
from denoisebench.cli import EXAMPLES, VERBS, group

COMMANDS = re.findall(r"^  bench (.*?)   .*$", EXAMPLES, re.MULTILINE)


def test_bench_alone_prints_the_examples(tmp_path: Path) -> None:
    assert bench(cwd=tmp_path).stdout.strip() == EXAMPLES
    assert len(COMMANDS) == 4


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_works(command: str, tmp_path: Path) -> None:
    arguments = shlex.split(command)
    make_images(tmp_path / "my" / "images", 1)
    extra = {}
    if arguments[0] in ("run", "compare", "denoise"):
        arguments.append("--dry-run")
    if "kodak" in command:  # sets that are downloaded; an empty folder has none of them
        extra["DENOISEBENCH_DATA"] = str(tmp_path / "data")
    done = bench(*arguments, cwd=tmp_path, **extra)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_the_verbs_are_listed_after_the_module_of_the_verb_list_is_imported() -> None:
    assert denoisebench.cli.group.get_command(click.Context(group), "list") is not None
    assert group.list_commands(click.Context(group)) == [*VERBS]
