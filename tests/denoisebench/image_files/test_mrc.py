"""MRC files are read plane by plane, and come out as OME-TIFF."""

import numpy as np
import pytest
import tifffile

from denoisebench.errors import UserError
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.names import outputs
from denoisebench.image_files.source import open_pixels

mrcfile = pytest.importorskip("mrcfile", reason="the extra denoisebench[bio] is not installed")


def pixels(shape, dtype="uint16"):
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


def mrc(path, values, kind=None, voxel=2.5):
    with mrcfile.new(path) as file:
        file.set_data(values)
        file.voxel_size = voxel
        if kind == "stack":
            file.set_image_stack()
        elif kind == "volume":
            file.set_volume()
    return path


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float16"])
@pytest.mark.parametrize(
    ("shape", "kind", "axes"),
    [
        ((17, 23), None, "YX"),
        ((4, 17, 23), "stack", "TYX"),
        ((4, 17, 23), "volume", "ZYX"),
        ((2, 4, 17, 23), None, "TZYX"),
    ],
)
def test_planes_come_out_as_an_ome_tiff(tmp_path, shape, kind, axes, dtype):
    values = pixels(shape, dtype)
    source = open_pixels(mrc(tmp_path / "a.mrc", values, kind))
    stored = "float32" if dtype == "float16" else dtype
    assert (source.axes, source.format, source.dtype) == (axes, "mrc", np.dtype(stored))
    copy = PixelCopy(source, tmp_path / "out" / "a.ome.tif", "key", note="by us")
    for plane in source.planes():
        np.testing.assert_array_equal(source.read(plane, slice(3, 9)), values[plane][3:9])
        copy.write(plane, source.read(plane).astype(np.float64))
        copy.plane_done(plane)
    copy.finish()
    with tifffile.TiffFile(copy.path) as tiff:
        assert tiff.is_ome
        assert (tiff.series[0].axes, tiff.pages.first.software) == (axes, "by us")
        assert 'PhysicalSizeX="2.5" PhysicalSizeXUnit="Å"' in tiff.ome_metadata
        np.testing.assert_array_equal(tiff.asarray(), values)
    assert open_pixels(copy.path).axes == axes


def test_a_size_that_is_not_told_is_not_made_up(tmp_path):
    source = open_pixels(mrc(tmp_path / "a.mrc", pixels((5, 6)), voxel=0.0))
    assert source.ome_metadata() == {}


def test_the_copy_has_another_ending(tmp_path):
    path = mrc(tmp_path / "a.mrc", pixels((5, 6)))
    assert outputs([str(tmp_path)], None, False) == [(path, tmp_path / "denoised/a.ome.tif")]


def test_broken_files_and_other_values_are_refused(tmp_path):
    path = mrc(tmp_path / "a.mrc", pixels((40, 60)))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(UserError, match=r"a\.mrc cannot be read as an image: "):
        open_pixels(path)
    with pytest.raises(UserError, match="complex64 values"):
        open_pixels(mrc(tmp_path / "b.mrc", pixels((5, 6), "complex64")))
