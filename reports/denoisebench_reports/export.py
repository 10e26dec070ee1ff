"""Reports for other programs: CSV and strict JSON."""

import csv
import io
import json
import math
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from denoisebench.results import COLUMNS
from denoisebench_reports.summary import SUMMARY_COLUMNS, summarise

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = {"train_s": 1, "denoise_s_per_mpx": 6, "peak_memory_mb": 1}
OTHER_DECIMALS = 4  # dB, SSIM


def render_csv(rows: "pd.DataFrame") -> str:
    """The summaries as CSV, header first; a missing number is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SUMMARY_COLUMNS)
    for line in _summary_lines(rows):
        writer.writerow(line.values())
    return text.getvalue()


def render_json(rows: "pd.DataFrame") -> str:
    """`{"summary": [...], "images": [...]}`: the lines of the CSV, and the rows as they are.

    A missing number is null, an infinite one the string "inf" or "-inf".
    """
    images = rows[list(COLUMNS)].to_dict("records")
    report = {
        "summary": [_strict(line) for line in _summary_lines(rows)],
        "images": [_strict({str(key): value for key, value in row.items()}) for row in images],
    }
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _summary_lines(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    """The summaries, by column: rounded, None where a number is missing."""
    return [
        {c: _rounded(c, v) for c, v in zip(SUMMARY_COLUMNS, astuple(line), strict=True)}
        for line in summarise(rows)
    ]


def _rounded(column: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else round(value, DECIMALS.get(column, OTHER_DECIMALS))


def _strict(record: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value
        if not isinstance(value, float) or math.isfinite(value)
        else (None if math.isnan(value) else str(value))
        for key, value in record.items()
    }
