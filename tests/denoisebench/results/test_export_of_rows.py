"""Stored results as one table in a file."""

import dataclasses
import math
import sys
from pathlib import Path

import pandas as pd
import pytest
from a_result import RESULT, SCORE
from click.testing import CliRunner

from denoisebench.cli import group
from denoisebench.errors import UserError
from denoisebench.results import export as module
from denoisebench.results.dataframe import COLUMNS
from denoisebench.results.export import VERSIONS, export
from denoisebench.results.store import write_cell


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two cells with rows, the second without a level, and one that failed; a chunk for each."""
    monkeypatch.setattr(module, "_CELLS_AT_ONCE", 1)
    unknown = dataclasses.replace(SCORE, image="=1+1", ssim=math.nan, level=None)
    write_cell(tmp_path, dataclasses.replace(RESULT, provenance={"torch": "2.6"}))
    write_cell(tmp_path, dataclasses.replace(RESULT, cell="d", train_s=None, scores=(unknown,)))
    write_cell(tmp_path, dataclasses.replace(RESULT, cell="e", error="no", scores=()))
    return tmp_path


def check(rows: pd.DataFrame) -> None:
    assert list(rows.columns) == [*COLUMNS, *VERSIONS]
    assert list(rows["cell"]) == ["c0ffee", "c0ffee", "d"]
    assert list(rows["psnr_db"]) == [29.5, 30.25, 29.5]
    assert rows["torch"].iloc[0] == pytest.approx(2.6) or rows["torch"].iloc[0] == "2.6"
    assert rows["level"].isna().tolist() == [False, False, True]
    assert rows["train_s"].isna().tolist() == [False, False, True]
    assert rows["ssim"].isna().tolist() == [False, False, True]


def test_csv(folder: Path) -> None:
    path = folder / "rows.csv"
    assert export(folder, path) == 3
    rows = pd.read_csv(path)
    check(rows)
    assert rows["image"].iloc[2] == "'=1+1"


def test_parquet(folder: Path) -> None:
    pytest.importorskip("pyarrow")
    path = folder / "rows.parquet"
    words = ["results", "export", str(path), "--results", str(folder)]
    result = CliRunner().invoke(group, words, catch_exceptions=False)
    assert result.output == f"saved as {path}, 3 rows\n"
    check(pd.read_parquet(path))


def test_what_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"name the file \.parquet or \.csv"):
        export(folder, folder / "rows.xls")
    with pytest.raises(UserError, match="there are no results under"):
        export(folder / "none", folder / "rows.csv")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UserError, match=r"pip install 'denoisebench\[parquet\]'"):
        export(folder, folder / "rows.parquet")
    assert not (folder / "rows.parquet").exists()
