"""`bench check`, as typed."""

import json
from pathlib import Path

import pytest
from bench import bench
from broken import SOUND, broken

DYNAMIC = "shape,alone,loss-seeded,crops"


def test_what_holds_is_said_in_short(tmp_path: Path) -> None:
    broken(tmp_path, [])
    done = bench("check", "plugin.py", "--only", f"names,{DYNAMIC}", cwd=tmp_path)
    head, passes, last = done.stdout.splitlines()
    assert head == "sound (plugin.py)  gray; gaussian:25 known, unknown"
    assert passes.split("  ")[1:3] == ["PASS", "names, loss-seeded, crops, shape, alone"]
    assert last.startswith("5 passed in ")
    assert done.returncode == 0


def test_a_failure_names_line_and_advice_and_the_status_is_1(tmp_path: Path) -> None:
    broken(tmp_path, [("(predicted - batch.target)", "(predicted - batch.target[..., :32])")])
    done = bench("check", "plugin.py", "--only", "loss-shape,level,gradients", cwd=tmp_path)
    text = " ".join(done.stdout.split())
    assert "FAIL loss-shape gray, gaussian:25 known: RuntimeError: The size of tensor" in text
    assert "in plugin.py:" in text
    assert "1 failed, 1 note, 1 skipped (gradients: loss-shape fails) in" in text
    assert done.returncode == 1


def test_a_line_for_each_check_if_it_is_asked_for(tmp_path: Path) -> None:
    broken(tmp_path, [])
    done = bench("check", "plugin.py", "--verbose", "--only", "names,level", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert lines[1].startswith("  PASS  names           Its name, its summary")
    note = "gray, gaussian:25 known: the estimate does not depend on the level"
    assert lines[2] == f"  NOTE  level           {note}"


KEYS = {"id", "sentence", "outcome", "text", "value", "bound", "where", "advice", "case"}
"""Of a check, in the JSON that is documented."""


def test_json_has_the_documented_keys(tmp_path: Path) -> None:
    broken(tmp_path, [('"sound"', '"Sound"')])
    done = bench("check", "plugin.py", "--json", "--skip", "import-light,crops", cwd=tmp_path)
    said = json.loads(done.stdout)
    assert said.keys() == {"version", "plugin", "passed", "failed", "note", "skipped", "objects"}
    assert (said["version"], said["plugin"], said["failed"]) == (1, "plugin.py", 1)
    (thing,) = said["objects"]
    assert thing.keys() == {"kind", "name", "checks"}
    assert all(check.keys() == KEYS for check in thing["checks"])
    ids = [check["id"] for check in thing["checks"]]
    assert "names" in ids
    assert not {"import-light", "crops"} & set(ids)
    assert done.returncode == 1


def test_a_name_with_settings_is_looked_up(tmp_path: Path) -> None:
    done = bench("check", "noise2noise:loss=mae", "--only", "config,declines", cwd=tmp_path)
    assert done.stdout.startswith("noise2noise (noise2noise)  gray, colour; gaussian:25 known,")
    assert done.returncode == 0


def test_an_installed_plugin_is_checked_with_all_that_it_registers(tmp_path: Path) -> None:
    done = bench("check", "unbiased_risk", "--only", "signature", cwd=tmp_path)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        "sure",
        "PASS",
        "unsure",
        "PASS",
        "pure",
        "PASS",
        "3",
    ]


def test_a_name_that_is_taken_fails(tmp_path: Path) -> None:
    broken(tmp_path, [('name = "sound"', 'name = "tv"')])
    done = bench("check", "plugin.py", "--only", "names", cwd=tmp_path)
    assert "the name 'tv' is taken by plugin 'classical'" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing.py",), "there is no file nothing.py"),
        (("nothing-of-this-name",), "'nothing-of-this-name' is no plugin: give a file"),
        (("tv", "--only", "loss-sedeed"), "unknown check 'loss-sedeed'; known: alone, answers"),
        (("tv:a=1",), "unknown setting of tv 'a'"),
    ],
)
def test_bad_input_is_said_in_a_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = bench("check", *arguments, cwd=tmp_path)
    assert done.stderr.startswith(f"bench: {said}")
    assert done.returncode == 2


def test_a_plugin_that_ends_python_is_reported_and_not_imported(tmp_path: Path) -> None:
    (tmp_path / "leaves.py").write_text(f"import os\nos._exit(7)\n{SOUND}", encoding="utf-8")
    done = bench("check", "leaves.py", cwd=tmp_path)
    text = " ".join(done.stdout.split())
    assert text.startswith("leaves.py (leaves.py) plugin FAIL import-light its import ended Python")
    assert done.returncode == 1
