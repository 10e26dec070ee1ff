"""CONTRIBUTING.md: its map has every room, and the new homes of imports exist."""

import importlib
import re
from pathlib import Path

import pytest

from denoisebench.registry.moved import MOVED, RENAMED, RENAMED_MEMBERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
CORE = ROOT / "benchmark" / "denoisebench"
IN_TABLES = set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (.*?) \|", PAGE, re.MULTILINE))))
NEW_HOMES = sorted(set(re.findall(r"^\| .* \| `(denoisebench\.[\w.]+)`.* \|$", PAGE, re.MULTILINE)))


def rooms() -> list[str]:
    files = [path.name for path in CORE.glob("*.py") if path.name != "__init__.py"]
    return sorted(files + [f"{init.parent.name}/" for init in CORE.glob("*/__init__.py")])


def test_each_room_of_the_core_has_a_line():
    assert len(rooms()) >= 20
    assert set(rooms()) <= IN_TABLES


@pytest.mark.parametrize(
    "package", ["datasets/denoisebench_datasets", "reports/denoisebench_reports"]
)
def test_each_folder_of_image_sets_and_reports_has_a_line(package):
    folders = {f"{package}/{init.parent.name}/" for init in (ROOT / package).glob("*/__init__.py")}
    assert folders
    assert folders <= IN_TABLES


def test_no_line_is_of_a_folder_that_is_not_there():
    for name in IN_TABLES:
        if name.endswith("/") and "NAME" not in name:
            assert (ROOT / name).is_dir() or (CORE / name).is_dir(), name


@pytest.mark.parametrize("module", NEW_HOMES)
def test_each_new_home_of_an_import_exists(module):
    assert importlib.import_module(module)


def test_each_import_that_moved_is_in_the_table():
    rows = re.findall(r"^\| (`denoisebench\..*) \| `(denoisebench\.[\w.]+)`", PAGE, re.MULTILINE)
    table = {
        (old, new) for olds, new in rows for old in re.findall(r"`(denoisebench[\w.]+)`", olds)
    }
    assert set(MOVED.items()) <= table


def test_each_name_that_has_changed_is_in_the_table():
    table = dict(re.findall(r"^\| `(\w+)`[^|`]* \| `(\w+)` \|$", PAGE, re.MULTILINE))
    assert table == RENAMED | RENAMED_MEMBERS


def test_there_are_new_homes_to_check():
    assert {"denoisebench.plugin", "denoisebench.nn"} <= set(NEW_HOMES)
