"""docs/architecture.md: its picture is that of the code, the files it names exist."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FOLDERS = (
    ROOT,
    ROOT / "benchmark" / "denoisebench",
    ROOT / "datasets" / "denoisebench_datasets",
    ROOT / "reports" / "denoisebench_reports",
)


def test_the_picture_is_the_one_that_the_script_draws_of_the_code():
    script = ROOT / "examples" / "studies" / "draw_rooms.py"
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    (picture,) = re.findall(r"^```mermaid\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert picture == run.stdout


def test_each_file_that_is_named_with_its_folder_exists():
    named = set(re.findall(r"`([\w/]+/(?:\w+\.\w+)?)`", PAGE))
    assert len(named) >= 30
    for name in named:
        assert any((folder / name).exists() for folder in FOLDERS), name
