"""CZI files are read plane by plane, and come out as OME-TIFF; `make bio` runs this."""

import numpy as np
import pytest
import tifffile

from denoisebench.errors import UserError
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.source import open_pixels

MISSING = "the extra denoisebench[bio] is not installed"
pytest.importorskip("bioio", reason=MISSING)
czi = pytest.importorskip("pylibCZIrw.czi", reason=MISSING)


def write(path, values, axes):
    """values: with the axes T, C, Z that are in `axes`, then Y, X and, of colour, samples."""
    with czi.create_czi(str(path)) as file:
        for plane in np.ndindex(values.shape[: len(axes)]):
            place = {"T": 0, "C": 0, "Z": 0, **dict(zip(axes, plane, strict=True))}
            pixels = values[plane]
            file.write(data=pixels if pixels.ndim == 3 else pixels[:, :, None], plane=place)
        names = {0: "DAPI", 1: "GFP"}
        file.write_metadata("a", channel_names=names, scale_x=0.2e-6, scale_y=0.2e-6)
    return path


@pytest.mark.parametrize(
    ("axes", "shape", "dtype"),
    [
        ("TC", (3, 2, 17, 23), "uint16"),
        ("Z", (4, 17, 23), "uint8"),
        ("", (17, 23), "float32"),
    ],
)
def test_planes_come_out_as_an_ome_tiff(tmp_path, axes, shape, dtype):
    values = np.random.default_rng(0).integers(0, 256, shape).astype(dtype)
    source = open_pixels(write(tmp_path / "a.czi", values, axes))
    assert (source.axes, source.format, source.shape) == (f"{axes}YX", "czi", shape)
    copy = PixelCopy(source, tmp_path / "out" / "a.ome.tif", "key", note="by us")
    for plane in source.planes():
        np.testing.assert_array_equal(source.read(plane, slice(3, 9)), values[plane][3:9])
        copy.write(plane, source.read(plane).astype(np.float64))
        copy.plane_done(plane)
    copy.finish()
    with tifffile.TiffFile(copy.path) as tiff:
        assert tiff.is_ome
        assert tiff.series[0].axes == f"{axes}YX"
        assert 'PhysicalSizeX="0.2' in tiff.ome_metadata
        assert "C" not in axes or 'Name="GFP"' in tiff.ome_metadata
        np.testing.assert_array_equal(tiff.asarray(), values)
    assert open_pixels(copy.path).axes == f"{axes}YX"


def test_colour_is_refused(tmp_path):
    path = write(tmp_path / "a.czi", np.zeros((2, 17, 23, 3), np.uint8), "T")
    with pytest.raises(UserError, match=r"a\.czi has axes TYXS .*; gray planes are read"):
        open_pixels(path)


def test_a_broken_file_and_a_series_that_is_not_there_are_refused(tmp_path):
    path = write(tmp_path / "a.czi", np.zeros((2, 17, 23), np.uint8), "T")
    with pytest.raises(UserError, match=r"a\.czi has no series 1; it holds 1, from 0"):
        open_pixels(path, series=1)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match=r"a\.czi cannot be read"):
        open_pixels(path)
