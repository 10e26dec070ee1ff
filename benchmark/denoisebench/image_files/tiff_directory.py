"""Changing tags of a TIFF file without touching its other bytes."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from os import SEEK_END
from typing import BinaryIO

from denoisebench.image_files.refusals import RefusedError

SOFTWARE = 305
ASCII, LONG, LONG8 = 2, 4, 16  # types of a tag's values
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}


@dataclass(frozen=True, slots=True)
class Tag:
    """The type of a tag's values, their number, and their bytes."""

    kind: int
    count: int
    data: bytes


class TiffEditor:
    """Writes changed tags into the copy of a file.  original: read.  copy: of the same bytes."""

    def __init__(self, original: BinaryIO, copy: BinaryIO) -> None:
        self.original, self.copy = original, copy
        start = self._bytes(0, 8)
        self.order = "<" if start.startswith(b"II") else ">"
        self.big = struct.unpack(self.order + "H", start[2:4])[0] == 43
        self.number = "Q" if self.big else "I"  # of bytes, or where something lies
        self._count, self._entry = ("Q", "HHQ8s") if self.big else ("H", "HHI4s")
        self._pointer = 8 if self.big else 4  # where the first directory is named

    @property
    def first(self) -> int:
        """Where the first directory lies."""
        return int(self._unpack(self.number, self._pointer)[0])

    def value(self, directory: int, code: int) -> bytes:
        """The bytes of a tag; empty where the directory has none."""
        found = [entry for entry in self._entries(directory) if self._code(entry) == code]
        if not found:
            return b""
        _, kind, count, field = struct.unpack(self.order + self._entry, found[0])
        size = _SIZES.get(kind, 1) * count
        if size <= len(field):
            return bytes(field[:size])
        return self._bytes(struct.unpack(self.order + self.number, field)[0], size)

    def append(self, data: bytes) -> int:
        """Add bytes at the end.  Returns where they lie; RefusedError beyond 4 GB."""
        at = self.copy.seek(0, SEEK_END)
        if at % 2:
            self.copy.write(b"\0")
            at += 1
        if not self.big and at + len(data) >= 2**32:
            raise RefusedError("would grow beyond the 4 GB of a TIFF file; save it as BigTIFF")
        self.copy.write(data)
        return at

    def numbers(self, values: list[int]) -> Tag:
        """A tag of places or sizes."""
        data = struct.pack(f"{self.order}{len(values)}{self.number}", *values)
        return Tag(LONG8 if self.big else LONG, len(values), data)

    def change(self, directory: int, tags: Mapping[int, Tag]) -> None:
        """Give a directory these tags.  One that lacks any of them must be the first directory."""
        entries = self._entries(directory)
        codes = [self._code(entry) for entry in entries]
        changed = {code: self._packed(code, tag) for code, tag in tags.items()}
        if changed.keys() <= set(codes):
            head = struct.calcsize(self.order + self._count)
            for code, entry in changed.items():
                self.copy.seek(directory + head + codes.index(code) * len(entry))
                self.copy.write(entry)
            return
        assert directory == self.first
        kept = [entry for entry in entries if self._code(entry) not in changed]
        self._move_first(len(b"".join(entries)), [*kept, *changed.values()])

    def _move_first(self, old_bytes: int, entries: list[bytes]) -> None:
        """Write the first directory anew at the end, where it may be longer."""
        count = struct.pack(self.order + self._count, len(entries))
        following = self.first + len(count) + old_bytes
        pointer = self._bytes(following, struct.calcsize(self.order + self.number))
        entries.sort(key=self._code)
        at = self.append(count + b"".join(entries) + pointer)
        self.copy.seek(self._pointer)
        self.copy.write(struct.pack(self.order + self.number, at))

    def _code(self, entry: bytes) -> int:
        return int(struct.unpack(self.order + "H", entry[:2])[0])

    def _packed(self, code: int, tag: Tag) -> bytes:
        field = tag.data
        size = 8 if self.big else 4
        if len(field) > size:
            field = struct.pack(self.order + self.number, self.append(field))
        return struct.pack(self.order + self._entry, code, tag.kind, tag.count, field)

    def _entries(self, directory: int) -> list[bytes]:
        """The bytes that describe each tag, in the order of the file; a code may come twice."""
        (count,) = self._unpack(self._count, directory)
        size = struct.calcsize(self.order + self._entry)
        data = self._bytes(directory + struct.calcsize(self.order + self._count), count * size)
        return [data[k : k + size] for k in range(0, len(data), size)]

    def _unpack(self, layout: str, at: int) -> tuple[int, ...]:
        size = struct.calcsize(self.order + layout)
        return struct.unpack(self.order + layout, self._bytes(at, size))

    def _bytes(self, at: int, size: int) -> bytes:
        self.original.seek(at)
        return self.original.read(size)
