"""Files of formats that are read and not written: the copy is an OME-TIFF file."""

from abc import abstractmethod
from math import prod
from typing import Any, BinaryIO

import numpy as np

from denoisebench.image_files.source import OneFile, ReadRows
from denoisebench.image_files.tiff_checks import silent_tifffile
from denoisebench.image_files.tiff_floats import write_planes

_CLASSIC_BYTES = 2**32 - 2**24  # of pixels; the rest is for the tags


class ToOmeTiff(OneFile):
    """A file whose copy is an uncompressed OME-TIFF file.  Its axes are of TCZYXS."""

    @abstractmethod
    def ome_metadata(self) -> dict[str, Any]:
        """Known sizes and channels, as `tifffile.TiffWriter.write` takes them."""

    def rewrite(
        self, target: BinaryIO, rows: ReadRows, dtype: "np.dtype[Any]", note: str
    ) -> tuple[str, ...]:
        """An OME-TIFF file."""
        import tifffile

        big = prod(self.shape) * dtype.itemsize > _CLASSIC_BYTES
        with silent_tifffile(), tifffile.TiffWriter(target, bigtiff=big, ome=True) as writer:
            place = writer.write(
                None,
                shape=self.shape,
                dtype=dtype,
                returnoffset=True,
                photometric="rgb" if self.channels > 1 else "minisblack",
                software=note or False,
                metadata={"axes": self.axes, **self.ome_metadata()},
            )
        assert place is not None
        write_planes(self, target, place[0], rows, dtype.newbyteorder("<"))
        return ()
