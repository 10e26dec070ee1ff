"""Results survive the disk, kills and parallel writers; broken files are refused in one line."""

import contextlib
import dataclasses
import json
import math
import os
import subprocess
import sys
import time

import pytest
from a_result import RESULT, SCORE
from recipes import RECIPE

from denoisebench.budgets import Budget
from denoisebench.errors import UserError
from denoisebench.results.dataframe import COLUMNS, frame
from denoisebench.results.records import ImageScore
from denoisebench.results.store import cell_path, read_cell, read_cells, write_cell


def replace(**changes):
    return dataclasses.replace(RESULT, **changes)


def test_a_result_survives_the_disk(tmp_path):
    path = write_cell(tmp_path, RESULT)
    assert path == cell_path(tmp_path, "c0ffee") == tmp_path / "cells" / "c0ffee.json"
    assert read_cell(path) == RESULT
    assert json.loads(path.read_text(encoding="utf-8"))["schema"] == 6


def stored_before_digests(path):
    """The record of a result as it was when there was no digest in it."""
    record = json.loads(path.read_text(encoding="utf-8"))
    del record["provenance"]["record_sha256"]
    return record


def test_a_result_without_a_digest_is_read_as_it_is(tmp_path):
    path = write_cell(tmp_path, RESULT)
    path.write_text(json.dumps(stored_before_digests(path)), encoding="utf-8")
    assert read_cell(path) == RESULT


UNKNOWN_COST = dict.fromkeys(("network_parameters", "gmacs_per_mpx", "peak_memory_mb"))


def without_cost(path):
    """The record of a result as schema 3 had it."""
    record = stored_before_digests(path) | {"schema": 3}
    unknown = (*UNKNOWN_COST, "same_level_unit")
    return {key: value for key, value in record.items() if key not in unknown}


def test_a_result_of_schema_3_is_read_with_its_cost_unknown(tmp_path):
    path = write_cell(tmp_path, RESULT)
    path.write_text(json.dumps(without_cost(path)), encoding="utf-8")
    assert read_cell(path) == replace(**UNKNOWN_COST)
    assert frame([read_cell(path)])["network_parameters"].isna().all()


def test_a_result_of_schema_5_has_no_steps(tmp_path):
    path = write_cell(tmp_path, RESULT)
    record = stored_before_digests(path) | {"schema": 5}
    for score in record["scores"]:
        del score["steps"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert read_cell(path) == RESULT


@pytest.mark.parametrize(
    ("noise", "learned", "same"),
    [
        ("gaussian:25", "gaussian:5..55", True),
        ("poisson:0.05", "gaussian:5..55", False),
        ("poisson:0.05", None, True),
    ],
)
def test_a_result_of_schema_4_compares_levels_of_the_family_that_was_learned(
    tmp_path, noise, learned, same
):
    recipe = learned and dataclasses.replace(RECIPE, noise=learned).to_json()
    path = write_cell(tmp_path, replace(noise=noise, provenance={"recipe": recipe}))
    record = stored_before_digests(path) | {"schema": 4}
    del record["same_level_unit"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert read_cell(path).same_level_unit is same


def test_a_budget_once_called_custom_is_read_with_its_length(tmp_path):
    recipe = dataclasses.replace(RECIPE, budget=Budget("", steps=8000, batch=16, crop_px=64))
    told = {"budget": "custom", "provenance": {"recipe": recipe.to_json()}}
    assert read_cell(write_cell(tmp_path, replace(**told))).budget == "524 Mpx"
    untold = replace(budget="custom", provenance={"recipe": None})
    assert read_cell(write_cell(tmp_path, untold)).budget == "custom"


def test_a_result_of_schema_2_is_read_as_one_repeat_of_each_image(tmp_path):
    path = write_cell(tmp_path, RESULT)
    record = without_cost(path) | {"schema": 2}
    for score in record["scores"]:
        del score["repeat"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert read_cell(path) == replace(**UNKNOWN_COST)
    path.write_text(json.dumps(record | {"scores": [1]}), encoding="utf-8")
    with pytest.raises(UserError, match=r"damaged: .*int"):
        read_cell(path)


def test_a_failed_cell_keeps_its_error(tmp_path):
    failed = replace(scores=(), train_s=None, error="out of memory\nat step 3")
    assert read_cell(write_cell(tmp_path, failed)) == failed


def test_infinite_and_undefined_numbers_survive_in_strict_json(tmp_path):
    score = dataclasses.replace(SCORE, psnr_db=math.inf, noisy_psnr_db=-math.inf, ssim=math.nan)
    path = write_cell(tmp_path, replace(scores=(score,), provenance={"loss": [math.nan]}))

    def refuse(constant):
        raise AssertionError(f"{constant} is not strict JSON")

    json.loads(path.read_text(), parse_constant=refuse)
    result = read_cell(path)
    assert result.scores[0].psnr_db == math.inf
    assert result.scores[0].noisy_psnr_db == -math.inf
    assert math.isnan(result.scores[0].ssim)
    assert result.provenance == {"loss": ["nan"]}


def test_a_later_result_of_a_cell_takes_the_place_of_the_earlier(tmp_path):
    write_cell(tmp_path, replace(scores=(), error="killed"))
    write_cell(tmp_path, RESULT)
    assert read_cells(tmp_path) == [RESULT]


def test_cells_are_read_in_the_order_asked_for_and_missing_ones_left_out(tmp_path):
    for cell in "abc":
        write_cell(tmp_path, replace(cell=cell))
    assert [r.cell for r in read_cells(tmp_path)] == ["a", "b", "c"]
    assert [r.cell for r in read_cells(tmp_path, ["c", "unknown", "a"])] == ["c", "a"]
    assert read_cells(tmp_path / "nowhere") == []


def test_a_temporary_file_is_no_result(tmp_path):
    path = write_cell(tmp_path, RESULT)
    for name in (".c0ffee.json.1-ab.part", ".c0ffee.json", "c0ffee.json.tmp"):
        (path.parent / name).write_text('{"schema": 2, "cell": "c0f')
    assert read_cells(tmp_path) == [RESULT]


def test_a_failed_write_leaves_the_earlier_result_and_nothing_else(tmp_path, monkeypatch):
    path = write_cell(tmp_path, RESULT)

    def full_disk(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(UserError, match="cannot be written: No space left"):
        write_cell(tmp_path, replace(seed=1))
    assert read_cell(path) == RESULT
    assert list(path.parent.iterdir()) == [path]


WRITER = """
import dataclasses, sys
from pathlib import Path
from denoisebench.results.store import read_cell, write_cell
out, seed, times = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
first = read_cell(out / "first" / "cells" / "c0ffee.json")
mine = dataclasses.replace(first, seed=seed, provenance={"filler": "x" * 100_000 * (seed + 1)})
for _ in range(times):
    write_cell(out, mine)
"""


def start_writer(out, seed, times):
    arguments = [sys.executable, "-c", WRITER, str(out), str(seed), str(times)]
    return subprocess.Popen(arguments, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_parallel_writers_of_one_cell_leave_one_whole_result_at_all_times(tmp_path):
    write_cell(tmp_path / "first", RESULT)
    write_cell(tmp_path, RESULT)
    writers = [start_writer(tmp_path, seed, times=15) for seed in (1, 2, 3)]
    while any(writer.poll() is None for writer in writers):
        (seen,) = read_cells(tmp_path)
        assert seen.scores == RESULT.scores
        time.sleep(0.01)
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert list((tmp_path / "cells").iterdir()) == [cell_path(tmp_path, "c0ffee")]
    assert read_cells(tmp_path)[0].seed in (1, 2, 3)


@pytest.mark.parametrize("pause_s", [0.0, 0.013, 0.029])
def test_a_killed_writer_leaves_a_whole_result_or_none(tmp_path, pause_s):
    write_cell(tmp_path / "first", RESULT)
    writer = start_writer(tmp_path, seed=20, times=1000)
    while not any((tmp_path / "cells").glob("*")) and writer.poll() is None:
        time.sleep(0.001)
    time.sleep(pause_s)
    writer.kill()
    assert writer.wait() < 0, "it ended before it was killed"
    assert [result.seed for result in read_cells(tmp_path)] in ([], [20])
    write_cell(tmp_path, RESULT)
    assert read_cells(tmp_path) == [RESULT]


def damage(tmp_path, change):
    """Write RESULT, let `change` alter its record, and return the one-line error of reading it."""
    path = write_cell(tmp_path, RESULT)
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))
    with pytest.raises(UserError) as caught:
        read_cell(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r.pop("seed"), "missing required field `seed`"),
        (lambda r: r.update(colour="red"), "unknown field 'colour'"),
        (lambda r: r.update(seed="0"), "Expected `int`, got `str` - at `$.seed`"),
        (lambda r: r.update(seed=True), "Expected `int`, got `bool` - at `$.seed`"),
        (lambda r: r.update(method=None), "Expected `str`, got `null` - at `$.method`"),
        (lambda r: r.update(network_parameters=1.5), "got `float` - at `$.network_parameters`"),
        (lambda r: r.update(train_s="soon"), "got `str` - at `$.train_s`"),
        (lambda r: r.update(scores={}), "Expected `array`, got `object` - at `$.scores`"),
        (lambda r: r.update(scores=[1]), "got `int` - at `$.scores[0]`"),
        (lambda r: r["scores"][1].pop("ssim"), "required field `ssim` - at `$.scores[1]`"),
        (lambda r: r["scores"][1].pop("repeat"), "required field `repeat` - at `$.scores[1]`"),
        (lambda r: r["scores"][0].update(psnr_db=None), "got `null` - at `$.scores[0].psnr_db`"),
        (lambda r: r.update(provenance=[]), "Expected `object`, got `array` - at `$.provenance`"),
        (lambda r: r["scores"][0].update(psnr_db=10**400), "out of range"),
        (lambda r: r.update(provenance={"threads": "2"}), "got `str` - at `$.threads`"),
        (lambda r: r.update(provenance={"recipe": {}}), "required field `method` - at `$.recipe`"),
        (lambda r: r.update(provenance={"training_outcome": [1]}), "at `$.training_outcome`"),
        (lambda r: r.update(method="\ud800"), "it is not JSON"),
        (lambda r: r.update(cell="other"), "it holds the cell other"),
        (lambda r: r.pop("schema"), "schema is None"),
    ],
)
def test_a_damaged_result_is_refused_with_the_reason_and_the_remedy(tmp_path, change, reason):
    message = damage(tmp_path, change)
    assert reason in message
    assert "delete it" in message


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["scores"][0].update(psnr_db=99.0),
        lambda r: r["scores"][0].update(psnr_db="-inf"),
        lambda r: r["scores"].pop(),
        lambda r: r.update(method="tv"),
        lambda r: r.update(train_s=1.0),
        lambda r: r.update(schema=4),
        lambda r: r["provenance"].update(threads=3),
        lambda r: r["provenance"].update(record_sha256=None),
    ],
)
def test_a_result_that_was_edited_is_refused(tmp_path, change):
    assert "its record_sha256 is not that of its fields" in damage(tmp_path, change)


def test_a_result_may_be_laid_out_anew(tmp_path):
    path = write_cell(tmp_path, RESULT)
    record = json.loads(path.read_text())
    path.write_text(json.dumps(dict(reversed(record.items())), indent=4))
    assert read_cell(path) == RESULT


def test_no_flipped_bit_changes_a_result(tmp_path):
    path = write_cell(tmp_path, RESULT)
    data = path.read_bytes()
    for bit in range(0, 8 * len(data), 3):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with contextlib.suppress(UserError):
            result = read_cell(path)
            assert dataclasses.replace(result, provenance=RESULT.provenance) == RESULT


def test_a_result_of_a_newer_schema_asks_for_a_newer_program_not_for_deletion(tmp_path):
    message = damage(tmp_path, lambda r: r.update(schema=7, colour="red"))
    assert "install a newer denoisebench" in message
    assert "delete" not in message


@pytest.mark.parametrize(
    "content",
    [b"", b'{"schema": 2, "ce', b"\xff\xfe\x00", b"[]", b"3", b"[" * 100_000, b'{"a":' * 9_000],
)
def test_a_file_that_holds_no_result_is_refused_in_one_line(tmp_path, content):
    path = write_cell(tmp_path, RESULT)
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"c0ffee\.json is damaged: .*delete it") as caught:
        read_cells(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_user_error(tmp_path):
    with pytest.raises(UserError, match="cannot read the result"):
        read_cell(tmp_path / "nothing.json")


def test_the_frame_has_a_row_per_image_and_repeat_and_the_stated_columns():
    untrained = replace(method="identity", train_s=None, scores=(SCORE,))
    failed = replace(scores=(), error="out of memory")
    table = frame([untrained, failed, RESULT])
    assert tuple(table.columns) == COLUMNS
    assert table["method"].tolist() == ["identity", RESULT.method, RESULT.method]
    assert table["psnr_db"].tolist() == [29.5, 29.5, 30.25]
    assert math.isnan(table["train_s"][0])
    assert table["train_s"].tolist()[1:] == [100.0, 100.0]
    assert tuple(frame([]).columns) == COLUMNS
    twice = replace(scores=(SCORE, dataclasses.replace(SCORE, repeat=1)))
    assert frame([twice])["repeat"].tolist() == [0, 1]


def test_the_columns_are_those_of_the_cell_then_those_of_the_image():
    assert COLUMNS[:3] == ("cell", "method", "noise")
    assert COLUMNS[-11:] == tuple(field.name for field in dataclasses.fields(ImageScore))
    assert not {"scores", "provenance", "error"} & set(COLUMNS)


def test_reading_results_imports_neither_torch_nor_pandas():
    code = (
        "import sys; from denoisebench.results import store;"
        " print({'torch', 'pandas', 'numpy'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
