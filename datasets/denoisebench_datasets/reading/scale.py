"""From the values of a file to pixels, nominally in [0, 1].

8-bit values are divided by 255 and 16-bit values by 65535, and floats stay as they are, unless the
user says which values are black and white. If the result is no image in [0, 1], it is refused.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import Pixels, RefusedError, number_text
from denoisebench_datasets.reading.encoded import Encoded, Stored

BLOCK_PX = 32
OVERSHOOT = 0.1  # how far beyond [0, 1] the mean of a block may lie
STANDARD_ERRORS = 12.0  # how many of these more; of correlated noise they are too small
LARGEST = 100.0  # of any pixel: no noise of the suite goes so far, whatever its level

MARKS = (-32768.0, -99999.0, -9999.0, -999.0)
"""Values that often stand for missing data, apart from the largest that a type holds."""

SAY_WHITE = (
    "say what is white: append to the data set :white=4095 (that value), :white=auto (the largest"
    " value of the set), or :black=100:white=4095 where black is not 0"
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which stored values are black (0) and white (1).  white: None for what the type says."""

    black: float = 0.0
    white: float | None = None

    @property
    def change(self) -> str:
        """The change to values that would otherwise be read as they are; empty for none."""
        if self == Scale():
            return ""
        white = "its type's" if self.white is None else number_text(self.white)
        return f"black {number_text(self.black)}, white {white}"

    def pixels(self, stored: Stored, encoded: Encoded) -> Pixels:
        """The pixels of a file's values, without alpha, in the same shape.

        Raises RefusedError for values that are not finite, missing, of a type whose white is
        unknown, or no image in [0, 1].
        """
        is_float = stored.dtype.kind == "f"
        if is_float and not np.isfinite(stored).all():
            raise RefusedError("holds NaN or infinite values")
        _refuse_nodata(stored, encoded.nodata)
        white = _natural_white(encoded) if self.white is None else self.white
        if self == Scale() and not is_float:
            pixels = stored.astype(np.float32)
            pixels /= np.float32(white)
            return pixels
        with np.errstate(over="ignore"):
            if (self.black, white) == (0.0, 1.0):
                pixels = stored.astype(np.float32)
            else:
                pixels = ((stored.astype(np.float64) - self.black) / (white - self.black)).astype(
                    np.float32
                )
        self._refuse_range(stored, pixels)
        return pixels

    def _refuse_range(self, stored: Stored, pixels: Pixels) -> None:
        """Raise RefusedError for pixels that are no image in [0, 1], noisy or not."""
        if np.isfinite(pixels).all() and not _is_out_of_range(pixels):
            return
        lowest, highest = float(stored.min()), float(stored.max())
        for value in (lowest, highest):
            if value in MARKS or abs(value) > 1e30:
                share = np.count_nonzero(stored == value) / stored.size
                raise RefusedError(
                    f"holds {value:.6g} in {share:.2%} of its values, as a mark of missing data;"
                    " cut these pixels away, or fill them"
                )
        taken = f" taken by {self.change}," if self.change else ""
        raise RefusedError(
            f"holds values from {lowest:.6g} to {highest:.6g},{taken} which are no image in"
            f" [0, 1]; {SAY_WHITE}"
        )


def _natural_white(encoded: Encoded) -> float:
    """The value that is white by the type alone.  RefusedError for a type that has none."""
    kind, bits = encoded.type.kind, encoded.bits
    if kind in "fb":
        return 1.0
    if kind == "u" and bits in (8, 16) and bits == 8 * encoded.type.itemsize:
        return float(2**bits - 1)
    if kind not in "iu":
        raise RefusedError(f"holds {encoded.type} values; integers and floats are read")
    name = encoded.type.name if bits == 8 * encoded.type.itemsize else f"{bits}-bit"
    raise RefusedError(f"holds {name} values, whose range is unknown; {SAY_WHITE}")


def _refuse_nodata(stored: Stored, nodata: float | None) -> None:
    if nodata is None:
        return
    missing = np.count_nonzero(stored == nodata)
    if missing:
        raise RefusedError(
            f"marks {missing} of its {stored.size} values as missing (GDAL_NODATA {nodata:g}); cut"
            " these pixels away, or fill them and remove the tag"
        )


def _is_out_of_range(pixels: Pixels) -> bool:
    """Whether pixels (H, W, C) are in another unit, and not just noisy.

    Noise takes pixels far beyond [0, 1], but not their mean over a block: it is beyond by no more
    than chance allows.
    """
    if float(np.abs(pixels).max()) > LARGEST:
        return True
    means, errors = _block_means(pixels)
    beyond = np.maximum(means - 1.0, -means)
    return bool((beyond > OVERSHOOT + STANDARD_ERRORS * errors).any())


def _block_means(pixels: Pixels) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The mean of each block, BLOCK_PX or somewhat more to a side, and its standard error."""
    height, width, _ = pixels.shape
    rows = _starts(height)
    columns = _starts(width)
    counts = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))[:, :, None]

    def sums(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        by_rows: npt.NDArray[np.float64] = np.add.reduceat(values, rows, axis=0)
        return np.add.reduceat(by_rows, columns, axis=1)

    exact = pixels.astype(np.float64)
    means = sums(exact) / counts
    variances = np.maximum(sums(np.square(exact)) / counts - np.square(means), 0.0)
    return means, np.sqrt(variances / counts)


def _starts(length: int) -> npt.NDArray[np.intp]:
    blocks = max(1, length // BLOCK_PX)
    return np.arange(blocks) * length // blocks
