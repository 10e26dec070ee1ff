"""What a folder of results tells of the work in it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from denoisebench.cli import group
from denoisebench.execution.claims import claimed


def status(out: Path) -> str:
    result = CliRunner().invoke(group, ["status", "--out", str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def written(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_what_is_in_hand_what_was_left_and_what_is_done(tmp_path: Path) -> None:
    recipe = json.dumps({"method": "noise2score", "train_set": "cbsd399", "noise": "gaussian:25"})
    written(tmp_path / "trainings/a1/checkpoint.pt")
    written(tmp_path / "trainings/a1/recipe.json", recipe)
    written(tmp_path / "trainings/b2/checkpoint.pt")
    written(tmp_path / "trainings/c3/weights.safetensors")
    written(tmp_path / "cells/d4.unfinished")
    written(tmp_path / "cells/e5.json")
    with claimed(tmp_path, "b2", "training noise2noise on cbsd399 in gray, gaussian:25"):
        lines = status(tmp_path).splitlines()
    assert lines[0].startswith("in hand: training noise2noise on cbsd399 in gray, gaussian:25 (")
    assert lines[1:] == [
        "begun: training noise2score on cbsd399, gaussian:25 (a1)",
        "begun: cell d4",
        "1 cells and 1 trainings are done, 1 in hand, 2 begun and left",
    ]


def test_an_empty_folder_and_none(tmp_path: Path) -> None:
    assert status(tmp_path) == "0 cells and 0 trainings are done, 0 in hand, 0 begun and left\n"
    result = CliRunner().invoke(group, ["status", "--out", str(tmp_path / "absent")])
    assert "is no folder; give the one that `bench run` wrote to" in str(result.exception)


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_recipe_that_cannot_be_read_is_still_counted(tmp_path: Path, text: str) -> None:
    written(tmp_path / "trainings/a1/checkpoint.pt")
    written(tmp_path / "trainings/a1/recipe.json", text)
    assert "begun: training of a recipe that cannot be read (a1)" in status(tmp_path)
