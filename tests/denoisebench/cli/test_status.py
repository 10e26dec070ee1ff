"""What a folder of results tells of the work in it."""

import json
import os
from pathlib import Path

import pytest
from bench import bench, make_images
from click.testing import CliRunner

from denoisebench.cli import group
from denoisebench.execution.claims import claimed
from denoisebench.execution.plan_record import PlannedUnit, PlanRecord, keep


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


def cell(id_: str, asked: str, code: str = "c1") -> PlannedUnit:
    return PlannedUnit("cell", id_, f"tv on {asked}", asked, code, 10.0, (), ("tv",))


def begun(out: Path, at: float, plan: str, *units: PlannedUnit) -> None:
    record = PlanRecord(plan, units)
    keep(record, out)
    os.utime(record.path(out), (at, at))


def test_how_far_the_plan_is_that_was_begun_last(tmp_path: Path) -> None:
    begun(tmp_path, 1e9, "p1", cell("a1", "set12"), cell("a2", "bsd68"))
    begun(tmp_path, 1.1e9, "p2", cell("a2", "bsd68"))
    written(tmp_path / "cells/a2.json")
    assert status(tmp_path).splitlines()[0] == "1/1 units"
    os.utime(tmp_path / "plans/p1.json")
    assert status(tmp_path).splitlines()[0] == "1/2 units, none in hand"


def test_how_far_the_plans_are_that_are_worked_on(tmp_path: Path) -> None:
    begun(tmp_path, 1e9, "p1", cell("a1", "set12"))
    begun(tmp_path, 1.1e9, "p2", cell("a1", "set12"), cell("a2", "bsd68"))
    begun(tmp_path, 1.2e9, "p3", cell("a3", "kodak"))
    with claimed(tmp_path, "a1", "tv on set12"):
        lines = status(tmp_path).splitlines()
    assert lines[1:3] == [
        "plan p2: 0/2 units, 1 scoring, time left unknown",
        "plan p1: 0/1 units, 1 scoring, time left unknown",
    ]


def test_what_other_code_made_is_named_and_counts_as_missing(tmp_path: Path) -> None:
    begun(tmp_path, 1e9, "p1", cell("a1", "set12"), cell("a2", "bsd68", "c2"), cell("a3", "kodak"))
    begun(tmp_path, 1.1e9, "p2", cell("b1", "set12"), cell("b2", "bsd68"), cell("a3", "kodak"))
    for id_ in ("a1", "a2", "a3"):
        written(tmp_path / f"cells/{id_}.json")
    assert status(tmp_path).splitlines()[:3] == [
        "of other images, weights or training: cell a1, tv on set12; it is computed again as b1",
        "of other code: cell a2, tv on bsd68; it is computed again as b2",
        "1/3 units, none in hand",
    ]


def test_a_plan_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "plans/p1.json", "[]")
    assert status(tmp_path).startswith(f"{path} cannot be read: what it plans does not count\n")


PLUGIN = """
from dataclasses import dataclass

from denoisebench.plugin import UntrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    pass

class Mine(UntrainedMethod):
    name, summary, config_type = "mine", "", Config

    def denoise(self, config, task, noisy, level):
        return noisy * 0.9

@hookimpl
def register_methods():
    return [Mine()]
"""


def test_a_method_whose_code_changed_is_other_code(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 1)
    call = ("run", "--method", "mine", "--plugin", "mine.py", "--datasets", "folder:test")
    cells = []
    for factor in ("0.9", "0.8"):
        written(tmp_path / "mine.py", PLUGIN.replace("0.9", factor))
        assert bench(*call, "--noise", "gaussian:25", cwd=tmp_path).returncode == 0
        cells += [path for path in tmp_path.glob("results/cells/*.json") if path not in cells]
    before, after = cells
    after.unlink()
    assert status(tmp_path / "results").splitlines()[:2] == [
        f"of other code: cell {before.stem}, mine on folder:test, gaussian:25;"
        f" it is computed again as {after.stem}",
        "0/1 units, none in hand",
    ]


@pytest.mark.parametrize("text", ["", "[]", "{}"])
def test_a_recipe_that_cannot_be_read_is_still_counted(tmp_path: Path, text: str) -> None:
    written(tmp_path / "trainings/a1/checkpoint.pt")
    written(tmp_path / "trainings/a1/recipe.json", text)
    assert "begun: training of a recipe that cannot be read (a1)" in status(tmp_path)
