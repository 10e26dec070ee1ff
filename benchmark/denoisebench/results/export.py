"""Stored results as one table in a file: a row for each image and repeat of each cell."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_type_hints

from denoisebench.errors import UserError
from denoisebench.files import whole_file
from denoisebench.results.csv_text import csv_text
from denoisebench.results.dataframe import COLUMNS, OF_CELL, OF_IMAGE
from denoisebench.results.index import Index
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.store import cell_paths

VERSIONS = ("denoisebench", "git", "torch", "numpy", "python", "platform", "device", "device_name")
"""Columns after those of a frame: what the provenance says."""

_CELLS_AT_ONCE = 500


def export(folder: Path, path: Path) -> int:
    """Write the results under `folder` to a file, .parquet or .csv.  Returns the number of rows.

    The columns are `COLUMNS` and `VERSIONS`; a failed cell has no row.  A few hundred cells are in
    memory at a time.  Raises UserError for another ending, without results, for a damaged one,
    without the package that Parquet needs, and when the file cannot be written.
    """
    writers = {".parquet": _write_parquet, ".csv": _write_csv}
    if path.suffix not in writers:
        raise UserError(f"{path} has no known ending; name the file .parquet or .csv")
    paths = cell_paths(folder)
    if not paths:
        raise UserError(f"there are no results under {folder}; give the --out folder of a run")
    with Index(folder) as index, whole_file(path) as file:
        chunks = (_columns(list(map(index.cell, some))) for some in _batched(paths))
        return writers[path.suffix](file, chunks)


def _batched(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    for start in range(0, len(paths), _CELLS_AT_ONCE):
        yield paths[start : start + _CELLS_AT_ONCE]


def _columns(cells: Sequence[CellResult]) -> dict[str, list[Any]]:
    """The rows of these cells, by column."""
    scores = [score for cell in cells for score in cell.scores]
    of_cell = {
        name: [value for cell in cells for value in [getattr(cell, name)] * len(cell.scores)]
        for name in OF_CELL
    }
    of_image = {name: [getattr(score, name) for score in scores] for name in OF_IMAGE}
    versions = {
        name: [v for cell in cells for v in [_text(cell.provenance.get(name))] * len(cell.scores)]
        for name in VERSIONS
    }
    return of_cell | of_image | versions


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _write_csv(file: BinaryIO, chunks: Iterable[dict[str, list[Any]]]) -> int:
    """A missing number is an empty field."""
    file.write(csv_text([(*COLUMNS, *VERSIONS)]).encode())
    count = 0
    for columns in chunks:
        rows = list(zip(*columns.values(), strict=True))
        known = ([None if value != value else value for value in row] for row in rows)
        file.write(csv_text(known).encode())
        count += len(rows)
    return count


def _write_parquet(file: BinaryIO, chunks: Iterable[dict[str, list[Any]]]) -> int:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise UserError(
            "a .parquet file needs one more package: pip install 'denoisebench[parquet]'; a .csv"
            " needs none"
        ) from None
    names = {str: "string", int: "int64", float: "float64", bool: "bool"}
    kinds = get_type_hints(CellResult) | get_type_hints(ImageScore) | dict.fromkeys(VERSIONS, str)
    plain = {c: (get_args(kinds[c]) or (kinds[c],))[0] for c in (*COLUMNS, *VERSIONS)}
    schema = pa.schema([(c, pa.type_for_alias(names[kind])) for c, kind in plain.items()])
    count = 0
    with pq.ParquetWriter(file, schema) as writer:
        for columns in chunks:
            table = pa.table(columns, schema=schema)
            writer.write_table(table)
            count += table.num_rows
    return count
