"""An index of the results in a folder, so that thousands of them are read and checked once.

`OUT/cells.index` holds each result as it was read, beside the size and the times of its file, and a
digest.  It is never the only copy: a file that has changed since, that is not in it, or whose entry
is damaged is read itself, and the index is written anew once many are.  It may be deleted.
"""

import gc
import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec

from denoisebench import budgets
from denoisebench.errors import OutputError
from denoisebench.files import ordinary_file, whole_file
from denoisebench.results import records, store, strict_json
from denoisebench.results.records import CellResult
from denoisebench.results.store import cell_of, cell_paths, read_cell

NAME = "cells.index"
WORTH = 200
"""The index is written where it lacked at least this number of results: reading takes a second."""

_RECORD = msgspec.msgpack.Decoder(CellResult)
_DIGEST_BYTES = 16
_HEAD = struct.Struct(f"<{_DIGEST_BYTES}s3qHI")
"""The head of an entry: the digest of the rest, the stamp, and the lengths of the id and the
record."""

Stamp = tuple[int, int, int]
"""Size of a file, and when it and its entry in the folder were changed, in ns."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a record is in the index."""

    stamp: Stamp
    digest: bytes
    at: int
    length: int


class Index:
    """The results of a folder as they were read before."""

    def __init__(self, out: Path) -> None:
        self._path = out / NAME
        self._entries = _entries(self._path)
        self._file = self._path.open("rb") if self._entries else None
        self._stamps: dict[str, Stamp] = {}
        self._read = 0

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def cell(self, path: Path) -> CellResult:
        """The result in a file of this folder.  Raises UserError as `read_cell` does."""
        try:
            status = path.stat()
        except OSError:
            return read_cell(path)
        stamp = status.st_size, status.st_mtime_ns, status.st_ctime_ns
        self._stamps[cell_of(path)] = stamp
        entry = self._entries.get(cell_of(path))
        found = self._record(cell_of(path), entry) if entry and entry.stamp == stamp else None
        if found is None:
            self._read += 1
            return read_cell(path)
        return found

    def keep(self, results: Sequence[CellResult]) -> None:
        """Write these, which were read here, as the index of the folder, if many were not in it.

        Writes nothing where that is not possible.
        """
        if self._read < WORTH:
            return
        with suppress(OutputError), whole_file(self._path) as file:
            file.write(_version())
            for result in results:
                name, stamp = result.cell.encode(), self._stamps[result.cell]
                with suppress(OverflowError):  # of a number that is too large for a record
                    record = msgspec.msgpack.encode(result)
                    digest = _digest(name + record)
                    file.write(_HEAD.pack(digest, *stamp, len(name), len(record)) + name + record)

    def _record(self, cell: str, entry: _Entry) -> CellResult | None:
        """The stored text of a cell; None if it is damaged."""
        assert self._file is not None
        self._file.seek(entry.at)
        record = self._file.read(entry.length)
        if _digest(cell.encode() + record) != entry.digest:
            return None
        return _RECORD.decode(record)


def read_all(out: Path) -> list[CellResult]:
    """The results of all cells under `out`, by id.  Raises UserError for a file that `read_cell`
    refuses."""
    with Index(out) as index, _uncollected():
        results = [index.cell(path) for path in cell_paths(out)]
        index.keep(results)
    return results


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for garbage meanwhile: it would go through all scores read so far, time and again,
    and none of them is in a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _entries(path: Path) -> Mapping[str, _Entry]:
    """The entries of an index, by cell; empty if there is none, or one of other code."""
    entries: dict[str, _Entry] = {}
    try:
        with ordinary_file(path).open("rb") as file:
            if file.read(_DIGEST_BYTES) != _version():
                return {}
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                digest, size, changed, moved, of_name, of_record = _HEAD.unpack(head)
                name = file.read(of_name).decode()
                stamp = size, changed, moved
                entries[name] = _Entry(stamp, digest, file.tell(), of_record)
                file.seek(of_record, 1)
    except (OSError, UnicodeDecodeError):  # there is none, or it is damaged
        pass
    return entries


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).digest()


@cache
def _version() -> bytes:
    """Of the code that reads and checks results: what other code read is read again."""
    modules = (budgets, records, store, strict_json)
    sources = [Path(str(module.__file__)).read_bytes() for module in modules]
    return _digest(b"".join([*sources, Path(__file__).read_bytes()]))
