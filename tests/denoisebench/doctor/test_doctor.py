"""`bench doctor`: each fact is that of the machine; broken parts are told from absent ones."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import bench

import denoisebench
from denoisebench.doctor import installation, machine
from denoisebench.doctor.finding import Finding
from denoisebench.nn.devices import pick_precision
from denoisebench.registry.loader import load


def texts(findings: list[Finding]) -> str:
    return "\n".join(map(str, findings))


def test_the_versions_are_those_installed() -> None:
    said = texts(list(machine.versions()))
    assert f"denoisebench {denoisebench.__version__}" in said
    assert f"torch {torch.__version__}" in said


def test_each_device_has_its_precision() -> None:
    (cpu,) = (f for f in machine.devices() if f.text.startswith("cpu"))
    assert ("multiplies bfloat16" in cpu.text) == (pick_precision("cpu") == "bf16")


def test_a_folder_without_room_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any(finding.wrong for finding in machine.disk(tmp_path / "new" / "results"))
    monkeypatch.setattr(machine, "LEAST_DISK_GB", 1e12)
    assert all(finding.wrong and finding.advice for finding in machine.disk(tmp_path))


@pytest.mark.usefixtures("empty_machine")
def test_sets_are_listed_by_where_they_are() -> None:
    found = list(installation.image_sets(load()))
    here, missing = (
        next(f for f in found if f.text.startswith(w)) for w in ("on this", "to fetch")
    )
    assert "samples" in here.text
    assert "set12" in missing.text
    assert "bench datasets fetch" in missing.advice
    assert not any(finding.wrong for finding in found)


def test_a_data_folder_that_is_none_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DENOISEBENCH_DATA", "/nowhere/at/all")
    first, *_ = installation.image_sets(load())
    assert first.wrong


def test_a_changed_weights_file_is_wrong() -> None:
    registries = load()
    assert not any(finding.wrong for finding in installation.bundled_weights(registries))
    name, recipe = next((n, r) for n, r in registries.recipes.items() if r.sha256)
    recipes = {**registries.recipes, name: replace(recipe, sha256="0" * 64)}
    found = list(installation.bundled_weights(replace(registries, recipes=recipes)))
    assert [finding.text for finding in found if finding.wrong] == [f"{name}: another file"]


def test_the_command_prints_all_of_it(tmp_path: Path) -> None:
    done = bench("doctor", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    subjects = {line.split()[0] for line in done.stdout.splitlines() if line[:1].isalpha()}
    assert {"suite", "python", "device", "memory", "disk", "data", "zoo"} <= subjects
    assert list(tmp_path.iterdir()) == []
