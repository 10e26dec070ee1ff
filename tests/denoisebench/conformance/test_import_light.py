"""`import-light`: what an import may not do, each in a process of its own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bench import bench
from broken import SOUND

from denoisebench.conformance.import_check import MOST_S, Origin

HEAD = "import sys\n"
BAD = {
    "sys.exit(3)": "it does not load: SystemExit: 3",
    "import os; os._exit(3)": "its import ended Python with status 3",
    "1 / 0": "it does not load: ZeroDivisionError: division by zero",
    "while True: pass": "its import has not ended after 0.3 s",
    "print('hello', file=sys.stderr)": "it prints 'hello'",
    "open(__file__).close()": "it opens ",
    "import torch": "it imports torch",
}


LIGHT_NAMES = """
import sys
import denoisebench.nn as nn

sys.modules["torch"] = None  # an import of it raises
for name in sorted(nn.__all__):
    try:
        getattr(nn, name)
    except ImportError:
        continue
    print(name)
"""


def origin(folder: Path, line: str) -> Origin:
    path = folder / "plugin.py"
    path.write_text(f"{HEAD}{line}\n{SOUND}", encoding="utf-8")
    return Origin(str(path), limit_s=0.3 if "while" in line else 60.0)


@pytest.mark.parametrize("line", BAD)
def test_what_an_import_must_not_do_is_named_with_its_line(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").touch()  # the real one takes seconds
    monkeypatch.syspath_prepend(tmp_path)
    found = origin(tmp_path, line)
    assert found.outcome.failed
    assert found.outcome.text.startswith(BAD[line])
    if "_exit" not in line and "print" not in line:
        assert "plugin.py:2" in f"{found.outcome.where} {found.outcome.text}"
    assert found.loads == (not BAD[line].startswith(("it does not load", "its import")))


def test_a_light_import_passes(tmp_path: Path) -> None:
    outcome = origin(tmp_path, "").outcome
    assert outcome.status == "PASS"
    assert outcome.value is not None
    assert outcome.value < MOST_S == outcome.bound


def test_the_name_that_imports_torch_is_told(tmp_path: Path) -> None:
    found = origin(tmp_path, "from denoisebench.nn import build_network, run_padded").outcome
    assert found.text == "it imports torch by importing run_padded"
    assert found.advice == "Import run_padded inside the functions that use it."
    assert found.where == "plugin.py:2"


def test_a_plugin_of_several_things_is_imported_and_counted_once(tmp_path: Path) -> None:
    twice = "@hookimpl\ndef register_budgets():\n    from denoisebench.plugin import Budget\n\n"
    made = "    return [Budget('night', steps=100, batch=4, crop_px=32)]\n"
    (tmp_path / "plugin.py").write_text(f"import torch\n{SOUND}\n\n{twice}{made}")
    done = bench("check", "plugin.py", "--only", "import-light", cwd=tmp_path)
    assert done.stdout.count("imports torch") == 1
    assert "0 passed, 1 failed" in done.stdout


def test_the_docs_mark_the_names_that_import_no_torch() -> None:
    page = (Path(__file__).parents[3] / "docs" / "writing-a-plugin.md").read_text("utf-8")
    table = page.partition("### Names of `denoisebench.nn`")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", table, re.MULTILINE)
    light = [n for names, said in rows if "*light*" in said for n in re.findall(r"`(\w+)`", names)]
    done = subprocess.run(
        [sys.executable, "-c", LIGHT_NAMES], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == sorted(light)
