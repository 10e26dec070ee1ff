"""Reports for other programs: CSV and strict JSON."""

import math
from dataclasses import fields
from typing import Any

from denoisebench.results.csv_text import csv_text
from denoisebench.results.results import Results
from denoisebench.results.strict_json import exported, json_text
from denoisebench.results.summary import Summary
from denoisebench_reports.published.figures import Figures, sound_figures
from denoisebench_reports.published.verdict import Comparison, comparisons

SUMMARY_COLUMNS = (
    *(f.name for f in fields(Summary) if not f.name.endswith("_of_image")),
    *("published_psnr_db", "published_source", "published_protocol", "published_diff_db"),
    *("verdict", "published_more"),
)
"""The key of a summary, and the first published figure.  published_more: the other papers'."""

DECIMALS = {"train_s": 1, "denoise_s_per_mpx": 6, "peak_memory_mb": 1}
OTHER_DECIMALS = 4  # dB, SSIM


def render_csv(results: Results) -> str:
    """The summaries as CSV, header first; a missing number is an empty field."""
    rows = []
    for line in _summary_lines(results):
        more = "; ".join(map(_in_words, line.pop("published_more")))
        rows.append([*line.values(), more])
    return csv_text([SUMMARY_COLUMNS, *rows])


def render_json(results: Results) -> str:
    """`{"summary": [...], "images": [...]}`: the lines of the CSV, and the rows as they are.

    `published_more` is a list with an object per paper, of the names that the first paper has.

    A missing number is null, an infinite one the string "inf" or "-inf".
    """
    images = results.frame.to_dict("records")
    report = {
        "summary": _summary_lines(results),
        "images": [{str(key): value for key, value in row.items()} for row in images],
    }
    return json_text(exported(report))


def _summary_lines(results: Results) -> list[dict[str, Any]]:
    """The summaries, by column: rounded, None where a number is missing."""
    published = sound_figures(results.published)
    return [_summary_line(line, published) for line in results.summaries]


def _summary_line(line: Summary, published: Figures) -> dict[str, Any]:
    names = (f.name for f in fields(Summary))
    own = {c: _rounded(c, getattr(line, c)) for c in names if c in SUMMARY_COLUMNS}
    besides = comparisons(line, published)
    first, *more = [_published(beside) for beside in besides] or [_published(None)]
    return {**own, **first, "published_more": more}


def _published(beside: Comparison | None) -> dict[str, Any]:
    """A published figure by column; None and empty texts where there is none."""
    figure = beside.figure if beside else None
    return {
        "published_psnr_db": figure.psnr_db if figure else None,
        "published_source": figure.source if figure else "",
        "published_protocol": figure.protocol if figure else "",
        "published_diff_db": _rounded("", beside.diff_db) if beside else None,
        "verdict": beside.verdict if beside else "",
    }


def _in_words(published: dict[str, Any]) -> str:
    figure, source = published["published_psnr_db"], published["published_source"]
    return f"{figure:g} ({source}): {published['verdict']}"


def _rounded(column: str, value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else round(value, DECIMALS.get(column, OTHER_DECIMALS))
