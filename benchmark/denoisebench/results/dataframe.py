"""Results as a data frame."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, get_type_hints

from denoisebench.results.records import CellResult, ImageScore

if TYPE_CHECKING:
    import pandas as pd


_NOT_IN_ROWS = {"scores", "provenance", "error"}


_OF_CELL = tuple(field.name for field in fields(CellResult) if field.name not in _NOT_IN_ROWS)


_OF_IMAGE = tuple(field.name for field in fields(ImageScore))


COLUMNS: tuple[str, ...] = _OF_CELL + _OF_IMAGE
"""The columns of `frame`: those of the cell, then those of the image."""


_NUMBERS_OR_NONE = tuple(
    name
    for cls in (CellResult, ImageScore)
    for name, kind in get_type_hints(cls).items()
    if kind in (float | None, int | None)
)


def frame(
    results: Iterable[CellResult], declined: Sequence[tuple[str, str, str]] = ()
) -> "pd.DataFrame":
    """One row per image and repeat of each result, in order, with `COLUMNS`; none of a failed cell,
    nor of one that declines.

    declined: what else was asked for and why it has no rows (see `plan.Plan`); a report finds it
    as `rows.attrs["declined"]`.
    """
    import pandas as pd

    results = list(results)
    reasons = dict.fromkeys([*declined, *filter(None, (result.declines for result in results))])
    rows = [
        [*(getattr(result, c) for c in _OF_CELL), *(getattr(score, c) for c in _OF_IMAGE)]
        for result in results
        if result.declines is None
        for score in result.scores
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = dict.fromkeys(_NUMBERS_OR_NONE, "float64")  # None: NaN
    table = table.astype(numbers)
    table.attrs["declined"] = tuple(reasons)
    return table
