"""Results as a data frame."""

from collections.abc import Iterable
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, get_type_hints

from denoisebench.results.records import CellResult, ImageScore

if TYPE_CHECKING:
    import pandas as pd


_NOT_IN_ROWS = {"scores", "provenance", "error"}


OF_CELL = tuple(field.name for field in fields(CellResult) if field.name not in _NOT_IN_ROWS)


OF_IMAGE = tuple(field.name for field in fields(ImageScore))


COLUMNS: tuple[str, ...] = OF_CELL + OF_IMAGE
"""The columns of `frame`: those of the cell, then those of the image."""


_NUMBERS_OR_NONE = tuple(
    name
    for cls in (CellResult, ImageScore)
    for name, kind in get_type_hints(cls).items()
    if kind in (float | None, int | None)
)


def frame(results: Iterable[CellResult]) -> "pd.DataFrame":
    """One row per image and repeat of each result, in order, with `COLUMNS`; none of a failed
    cell."""
    import numpy as np
    import pandas as pd

    cells = list(results)
    scores = [score for cell in cells for score in cell.scores]
    of_cell = {name: np.array([getattr(cell, name) for cell in cells], object) for name in OF_CELL}
    repeats = np.repeat(np.arange(len(cells)), [len(cell.scores) for cell in cells])
    # The types are found in a row a cell: those of as many rows as scores take seconds.
    rows = pd.DataFrame(of_cell).infer_objects().take(repeats).reset_index(drop=True)
    of_image = pd.DataFrame({name: list(map(attrgetter(name), scores)) for name in OF_IMAGE})
    table = pd.concat([rows, of_image], axis=1)
    return table.astype(dict.fromkeys(_NUMBERS_OR_NONE, "float64"))  # None: NaN
