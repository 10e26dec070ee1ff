"""Where the pixels of a TIFF file lie, and how its strips and tiles are decoded and encoded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from denoisebench.image_files.refusals import RefusedError
from denoisebench.image_files.source import Stored

Ints = npt.NDArray[np.int64]

COMPRESSIONS = ("NONE", "LZW", "DEFLATE", "ADOBE_DEFLATE", "PACKBITS", "ZSTD", "LZMA")
"""Those that lose nothing and that imagecodecs also writes."""
ROWS_BYTES = 2**22
"""About this much of a plane is in memory where the file allows to take some rows only."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The strips or tiles of one series of equal pages, or of one level of its pyramid.

    channels: 1 or 3.  alpha: whether a last sample says how opaque a pixel is.  separate: whether
    the samples of a pixel lie in separate parts.  part: rows and columns of a strip or tile.
    stored: type of a value, with its byte order.  compression, predictor: TIFF's numbers.
    white_is_zero: whether the stored values are the largest one minus what is shown.  decode: of
    tifffile.  offsets, counts: where each part lies and its bytes, (planes, samples that are
    separate or 1, parts down, parts across).  directories: where each page is described; empty for
    planes that lie one after the other and have no page each.
    """

    height: int
    width: int
    channels: int
    alpha: bool
    separate: bool
    part: tuple[int, int]
    stored: "np.dtype[Any]"
    compression: int
    predictor: int
    white_is_zero: bool
    decode: Callable[..., Any]
    offsets: Ints
    counts: Ints
    directories: tuple[int, ...]

    @property
    def packed(self) -> bool:
        """Whether a part can only be decoded and encoded as a whole."""
        return self.compression != 1 or self.predictor != 1

    @property
    def samples(self) -> int:
        """Values of a pixel, with alpha."""
        return self.channels + self.alpha

    @property
    def _together(self) -> int:
        """Values of a pixel that lie next to each other."""
        return 1 if self.separate else self.samples

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of an unpacked part."""
        return self.part[1] * self._together * int(self.stored.itemsize)

    def blocks(self, *, whole_parts: bool) -> Iterator[tuple[int, int]]:
        """First row, and row behind the last one, of the blocks in which a plane is written."""
        plane_row = self.width * self.samples * int(self.stored.itemsize)
        step = self.part[0] if whole_parts else max(1, ROWS_BYTES // plane_row)
        for start in range(0, self.height, step):
            yield start, min(start + step, self.height)

    def parts(self, start: int, stop: int) -> Iterator[tuple[int, int, int, int, int]]:
        """The parts that rows meet: samples, part down, part across, first row, row behind it."""
        rows = self.part[0]
        for sample in range(self.offsets.shape[1]):
            for down in range(start // rows, -(-stop // rows)):
                first, last = max(start, down * rows), min(stop, (down + 1) * rows)
                for across in range(self.offsets.shape[3]):
                    yield sample, down, across, first, last

    def read(self, file: BinaryIO, plane: int, start: int, stop: int) -> Stored:
        """Rows of a plane as they are shown, (h, W) or (h, W, 3)."""
        if start == stop:
            return self.shown(np.empty((0, self.width, self.samples), self.stored))
        pixels = np.empty((stop - start, self.width, self.samples), self.stored.newbyteorder("="))
        for sample, down, across, first, last in self.parts(start, stop):
            place = (plane, sample, down, across)
            part = self._read_part(file, place, first, last)
            left = across * self.part[1]
            columns = min(self.part[1], self.width - left)
            to = slice(sample, sample + 1) if self.separate else slice(None)
            pixels[first - start : last - start, left : left + columns, to] = part[:, :columns]
        return self.shown(pixels)

    def _read_part(
        self, file: BinaryIO, place: tuple[int, int, int, int], first: int, last: int
    ) -> Stored:
        """Rows of a strip or tile, (h, w, samples)."""
        rows, columns = self.part
        _, sample, down, across = place
        top = first - down * rows
        if not self.packed:
            file.seek(int(self.offsets[place]) + top * self.row_bytes)
            data = file.read((last - first) * self.row_bytes)
            values = np.frombuffer(data, self.stored)
            return values.reshape(last - first, columns, self._together)
        file.seek(int(self.offsets[place]))
        index = np.ravel_multi_index((sample, down, across), self.offsets.shape[1:])
        part = self.decode(file.read(int(self.counts[place])), int(index))[0][0]
        decoded: Stored = part[top : top + last - first]
        return decoded

    def shown(self, pixels: Stored) -> Stored:
        """Stored samples (h, W, samples) as pixels.  RefusedError if any is transparent."""
        if self.alpha:
            opaque = np.iinfo(self.stored).max if self.stored.kind in "iu" else 1
            if not np.all(pixels[:, :, -1] == opaque):
                raise RefusedError("has transparent pixels; flatten it onto a background first")
            pixels = pixels[:, :, :-1]
        if self.white_is_zero:
            pixels = np.iinfo(self.stored).max - pixels
        return pixels if self.channels > 1 else pixels[:, :, 0]

    def samples_of(self, pixels: Stored) -> Stored:
        """The opposite of `shown`: (h, W) or (h, W, 3) -> (h, W, samples)."""
        pixels = pixels.reshape(*pixels.shape[:2], self.channels)
        if self.white_is_zero:
            pixels = np.iinfo(self.stored).max - pixels
        if self.alpha:
            opaque = np.iinfo(self.stored).max if self.stored.kind in "iu" else 1
            pixels = np.dstack([pixels, np.full_like(pixels[:, :, :1], opaque)])
        return pixels

    def part_of(self, samples: Stored, start: int, place: tuple[int, int, int, int, int]) -> Stored:
        """The share of rows from `start`, (h, W, samples), in a part of `parts`; 0 beyond it."""
        sample, _, across, first, last = place
        left = across * self.part[1]
        to = slice(sample, sample + 1) if self.separate else slice(None)
        part = samples[first - start : last - start, left : left + self.part[1], to]
        missing = self.part[1] - part.shape[1]
        return np.pad(part, ((0, 0), (0, missing), (0, 0))) if missing else part

    def encode(self, part: Stored, *, tiled: bool) -> bytes:
        """A strip or tile, (h, w, samples), as the bytes of the file."""
        import tifffile

        if tiled:  # the last ones reach beyond the image
            part = np.pad(part, ((0, self.part[0] - part.shape[0]), (0, 0), (0, 0)))
        part = np.ascontiguousarray(part)
        if self.predictor != 1:
            predict = tifffile.TIFF.PREDICTORS[self.predictor]
            if self.predictor == 2:
                data: bytes = predict(part, axis=-2).astype(self.stored).tobytes()
            else:
                data = predict(part.astype(self.stored), axis=-2).tobytes()
        else:
            data = part.astype(self.stored).tobytes()
        if self.compression == 1:
            return bytes(data)
        return bytes(tifffile.TIFF.COMPRESSORS[self.compression](data))
