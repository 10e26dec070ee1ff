"""docs/protocols.md: a column per protocol, every setting, and commands that work as typed."""

import re
import shlex
from pathlib import Path

import pytest
from bench import bench, make_images
from protocols import PROTOCOLS

from denoisebench.scoring.protocol_text import BORDER, CHOICES

PAGE = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
COMMANDS = [line for line in re.findall(r"^    bench (.*)$", PAGE, re.MULTILINE) if "…" not in line]


def test_there_is_a_column_for_each_protocol_and_a_row_for_each_setting() -> None:
    (header,) = (line for line in PAGE.splitlines() if line.startswith("| | `float`"))
    assert sorted(re.findall(r"`(\w+)`", header)) == sorted(PROTOCOLS)
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for name, words in CHOICES.items():
        assert all(f"`{value}`" in rows[name] for value in words)
    assert BORDER in rows


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_works(tmp_path: Path, line: str) -> None:
    verb, *words = shlex.split(line)
    if verb == "rescore":
        make_images(tmp_path / "x", 1)
        keeping = ("run", "--method", "tv", "--datasets", "folder:x", "--keep-estimates")
        assert bench(*keeping, cwd=tmp_path).returncode == 0
    dry = [] if verb == "show" or "--dry-run" in words else ["--dry-run"]
    done = bench(verb, *words, *dry, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
