"""`import-light`: what an import may not do, each in a process of its own."""

from pathlib import Path

import pytest
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
