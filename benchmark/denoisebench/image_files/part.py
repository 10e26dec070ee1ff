"""Raw pixels of an unfinished copy, and the journal of its finished planes.

Both lie in a folder next to the file that they become.  The journal gives a check sum of each
finished plane, so that one whose pixels did not reach the disk before a power cut is done again.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from math import prod
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np

from denoisebench.errors import UserError
from denoisebench.files import told_of_writing
from denoisebench.image_files.source import Stored

CHECKED_BYTES = 2**20  # at once


class Part:
    """Planes of equal shape and type, written and read by rows.

    folder: holds the part.  content: tells what the pixels are; an existing part of the same
    content is continued, another one is removed.  shape: (planes, H, W) or (planes, H, W, 3).
    done: number of each finished plane -> its count of clipped values.  Raises UserError when the
    folder cannot be written, or another process writes to it.
    """

    def __init__(
        self, folder: Path, content: str, shape: tuple[int, ...], dtype: "np.dtype[Any]"
    ) -> None:
        from filelock import FileLock, Timeout

        self.folder, self.dtype = folder, dtype
        self.planes, self.height, *self._row = shape
        self._row_bytes = prod(self._row) * dtype.itemsize
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(folder / "lock")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                raise UserError(f"{folder} is being written by another process") from None
            self._begin(json.dumps({"content": content, "shape": shape, "dtype": dtype.str}))

    def _begin(self, header: str) -> None:
        pixels, journal = self.folder / "pixels", self.folder / "journal"
        lines = journal.read_text("utf-8", "replace").split("\n") if journal.exists() else []
        if header not in lines[:1] or not pixels.exists():
            lines = [header, ""]
            journal.unlink(missing_ok=True)
            pixels.write_bytes(b"")
        self._pixels = pixels.open("r+b", buffering=0)
        self.done = dict(self._finished(lines[1:-1]))  # behind the last line end: half a line
        self._journal = journal.open("wb", buffering=0)
        self._journal.write(f"{header}\n".encode())
        for plane, clipped in self.done.items():
            self._note(plane, clipped)

    def write(self, plane: int, start: int, pixels: Stored) -> None:
        """Write rows of a plane, from row `start` on."""
        data = _bytes_of(np.ascontiguousarray(pixels, self.dtype))
        with self._told():
            self._pixels.seek(self._place(plane, start))
            while data:  # the system may take a part only
                data = data[self._pixels.write(data) :]

    def read(self, plane: int, start: int, stop: int) -> Stored:
        """Rows start to stop of a plane; 0 where nothing was written."""
        self._pixels.seek(self._place(plane, start))
        data = bytearray((stop - start) * self._row_bytes)
        view = memoryview(data)
        while view and (count := self._pixels.readinto(view)):
            view = view[count:]
        return np.frombuffer(data, self.dtype).reshape(-1, *self._row)

    def plane_done(self, plane: int, clipped: int) -> None:
        """Note that a plane is whole."""
        with self._told():
            self._note(plane, clipped)
        self.done[plane] = clipped

    def close(self) -> None:
        """Let go of the files, which stay."""
        self._pixels.close()
        self._journal.close()
        self._lock.release()

    def remove(self) -> None:
        """Close and remove the part."""
        self.close()
        rmtree(self.folder, ignore_errors=True)

    def _note(self, plane: int, clipped: int) -> None:
        self._journal.write(f"{plane} {clipped} {self._check_sum(plane)}\n".encode())

    def _finished(self, lines: list[str]) -> Iterator[tuple[int, int]]:
        """The planes of the journal's lines whose pixels are there."""
        for line in lines:
            try:
                plane, clipped, check_sum = map(int, line.split())
            except ValueError:
                continue
            if 0 <= plane < self.planes and self._check_sum(plane) == check_sum:
                yield plane, clipped

    def _check_sum(self, plane: int) -> int:
        step, total = max(1, CHECKED_BYTES // self._row_bytes), 0
        for start in range(0, self.height, step):
            rows = self.read(plane, start, min(start + step, self.height))
            total = zlib.crc32(_bytes_of(rows), total)
        return total

    def _place(self, plane: int, row: int) -> int:
        return (plane * self.height + row) * self._row_bytes

    def _told(self) -> AbstractContextManager[None]:
        names = ("pixels", "journal", "lock")
        return told_of_writing(self.folder, *(self.folder / name for name in names))


def _bytes_of(values: Stored) -> memoryview:
    """The bytes of a contiguous array, not copied."""
    return values.reshape(-1).view(np.uint8).data
