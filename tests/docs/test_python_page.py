"""The examples of the page on Python run, one after the other, as a reader would type them."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "python.md"


def test_the_examples_run(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 6
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.chdir(tmp_path), contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(block, names)
    assert "Poisson-Gaussian: gain" in printed.getvalue()
    assert "samples-gray" in printed.getvalue()
    assert names["failed"] == []
    assert names["csv"].startswith("method,noise,parameters,dataset,")
    assert names["denoise"].task.parameters == "unknown"
