"""Folders of results merged into one."""

import dataclasses
import math
from pathlib import Path

import pytest
from a_result import RESULT, SCORE
from click.testing import CliRunner

from denoisebench.cli import group
from denoisebench.errors import UserError
from denoisebench.results.merge import merge
from denoisebench.results.store import cell_path, write_cell

OTHER_MACHINE = dataclasses.replace(
    RESULT,
    train_s=7.0,
    peak_memory_mb=9.0,
    scores=tuple(dataclasses.replace(score, denoise_s=9.0) for score in RESULT.scores),
    provenance={"device": "cuda"},
)
OTHER_SCORE = dataclasses.replace(RESULT, scores=(dataclasses.replace(SCORE, psnr_db=1.0),))


def weights(folder: Path, data: bytes) -> Path:
    training = folder / "trainings/7ea"
    training.mkdir(parents=True)
    (training / "recipe.json").write_text("{}")
    (training / "checkpoint.pt").write_text("half")
    (training / "weights.safetensors").write_bytes(data)
    return training / "weights.safetensors"


def test_cells_and_trainings_are_copied_whole_once(tmp_path: Path) -> None:
    a, b, out = tmp_path / "a", tmp_path / "b", tmp_path / "out"
    one = write_cell(a, RESULT)
    write_cell(b, dataclasses.replace(RESULT, cell="beef"))
    weights(a, b"w")
    weights(b, b"w")
    merged = merge([a, b], out)
    assert (merged.copied, merged.there, merged.problems) == (3, 1, [])
    assert cell_path(out, "c0ffee").read_bytes() == one.read_bytes()
    training = {path.name for path in (out / "trainings/7ea").iterdir()}
    assert training == {"recipe.json", "weights.safetensors"}
    assert merge([a, b], out).copied == 0


def test_another_time_and_machine_are_no_conflict_and_the_first_stays(tmp_path: Path) -> None:
    a, b, out = tmp_path / "a", tmp_path / "b", tmp_path / "out"
    first = write_cell(a, RESULT).read_bytes()
    write_cell(b, OTHER_MACHINE)
    assert merge([a, b], out).problems == []
    assert cell_path(out, "c0ffee").read_bytes() == first


def test_nan_equals_nan(tmp_path: Path) -> None:
    scores = (dataclasses.replace(SCORE, ssim=math.nan),)
    for name in ("a", "b"):
        write_cell(tmp_path / name, dataclasses.replace(RESULT, scores=scores))
    assert merge([tmp_path / "a", tmp_path / "b"], tmp_path / "out").problems == []


def test_conflicts_and_damage_are_named_and_the_rest_is_copied(tmp_path: Path) -> None:
    a, b, out = tmp_path / "a", tmp_path / "b", tmp_path / "out"
    kept = write_cell(a, RESULT).read_bytes()
    other = write_cell(b, OTHER_SCORE)
    broken = cell_path(b, "bad")
    broken.write_text("{")
    weights(a, b"one")
    two = weights(b, b"two")
    write_cell(b, dataclasses.replace(RESULT, cell="beef"))
    words = ["results", "merge", str(a), str(b), "--out", str(out)]
    result = CliRunner().invoke(group, words)
    assert result.exit_code == 2
    damaged, cells, trainings, said = result.output.splitlines()
    assert f"{broken} is damaged" in damaged
    assert f"conflict: two different results of one cell: {other} and {out}" in cells
    assert f"conflict: two different weights of one training: {two} and {out}" in trainings
    assert said.startswith("3 cells and trainings copied")
    assert said.endswith("3 left out")
    assert cell_path(out, "c0ffee").read_bytes() == kept
    assert cell_path(out, "beef").exists()


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no results under .*; give the --out folder of a run"):
        merge([tmp_path], tmp_path / "out")
