"""What cannot be used is refused in one line that names the file; damaged files never crash."""

import contextlib
import io
import os
import struct
import sys

import imagecodecs
import numpy as np
import pytest
import tifffile
from fuzzing import mutated_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.source import open_pixels
from denoisebench.limits import MAX_MEGAPIXELS

GRAY = np.random.default_rng(2).integers(0, 256, (34, 35), dtype=np.uint8)


def tiff(values, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, values, **{"photometric": "minisblack", **options})
    return stream.getvalue()


def pillow(image, kind):
    stream = io.BytesIO()
    image.save(stream, kind)
    return stream.getvalue()


def npy(values):
    stream = io.BytesIO()
    np.save(stream, values)
    return stream.getvalue()


REFUSED = {
    "1-bit TIFF": (tiff(GRAY > 9), "1-bit"),
    "12-bit TIFF": (pillow(Image.fromarray(GRAY).quantize(8), "TIFF"), "PALETTE"),
    "CMYK TIFF": (tiff(np.dstack([GRAY] * 4), photometric="separated"), "SEPARATED"),
    "complex TIFF": (tiff(GRAY.astype(np.complex64)), "complex64 values"),
    "int32 TIFF": (tiff(GRAY.astype(np.int32)), "int32 values"),
    "int8 TIFF": (tiff(GRAY.astype(np.int8)), "int8 values"),
    "JPEG in TIFF": (tiff(GRAY, compression="jpeg", tile=(16, 16)), "compressed by JPEG"),
    "two samples": (tiff(np.dstack([GRAY] * 2), planarconfig="contig"), "samples a pixel"),
    "truncated TIFF": (tiff(GRAY)[:-40], "ends before"),
    "palette PNG": (pillow(Image.fromarray(GRAY).quantize(8), "PNG"), "palette"),
    "1-bit PNG": (pillow(Image.fromarray(GRAY > 9), "PNG"), "1-bit"),
    "CMYK JPEG": (pillow(Image.new("CMYK", (4, 4)), "JPEG"), "CMYK"),
    "complex array": (npy(GRAY.astype(np.complex64)), "complex64"),
    "int64 array": (npy(GRAY.astype(np.int64)), "int64"),
    "one axis": (npy(GRAY[0]), "axes are read"),
    "Fortran array": (npy(np.asfortranarray(GRAY)), "Fortran order"),
    "truncated array": (npy(GRAY)[:-1], "ends before"),
    "text": (b"hello", "is not a TIFF, PNG, JPEG, BMP, MRC, CZI or .npy image"),
    "nothing": (b"", "is empty"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_not_read_says_why(tmp_path, kind):
    data, why = REFUSED[kind]
    path = tmp_path / "a.file"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"a\.file") as refused:
        open_pixels(path)
    assert why in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_files_and_folders_are_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.tif cannot be read: No such file"):
        open_pixels(tmp_path / "none.tif")
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        open_pixels(tmp_path)
    with pytest.raises(UserError, match="it is a pipe or a device"):
        open_pixels("/dev/null")


def test_values_that_are_not_finite_are_refused_by_file_and_plane(tmp_path):
    path = tmp_path / "a.tif"
    values = np.zeros((3, 4, 8, 9), np.float32)
    values[2, 1, 7, 3] = np.nan
    tifffile.imwrite(path, values, imagej=True, metadata={"axes": "TZYX"})
    source = open_pixels(path)
    source.read((2, 1), slice(0, 7))
    with pytest.raises(UserError, match=r"a\.tif, T=2 Z=1 holds NaN or infinite values"):
        source.read((2, 1))


@pytest.mark.parametrize("axes", ["YX", "TZYX", "YXZ", "YYX", "XYZ", "ZYXS", "Z!X", "ZXY"])
def test_axes_that_do_not_fit_are_refused_with_the_shape(tmp_path, axes):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.dstack([GRAY] * 5).transpose(2, 0, 1)))
    assert open_pixels(path, "zyx").axes == "ZYX"
    with pytest.raises(UserError, match=r"shape \(5, 34, 35\)") as refused:
        open_pixels(path, axes)
    assert repr(axes) in str(refused.value)


@pytest.mark.parametrize(("name", "data"), [("a.tif", tiff(GRAY)), ("a.npy", npy(GRAY))])
def test_a_series_that_is_not_there_is_refused(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError, match="has no series 3"):
        open_pixels(path, series=3)


def test_sparse_tiffs_and_missing_values_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(GRAY, compression="zlib", rowsperstrip=8))
    with tifffile.TiffFile(path, mode="r+") as opened:
        counts = opened.pages[0].databytecounts
        opened.pages[0].tags["StripByteCounts"].overwrite([0, *counts[1:]])
    with pytest.raises(UserError, match="leaves out 1 of its 5 strips"):
        open_pixels(path)
    path.write_bytes(tiff(GRAY, extratags=[(42113, "s", 0, f"{GRAY[3, 4]}", True)]))
    with pytest.raises(UserError, match=r"marks [0-9]+ values as missing"):
        open_pixels(path).read(())


def test_a_format_without_floats_refuses_them(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(imagecodecs.png_encode(GRAY))
    with pytest.raises(UserError, match=r"out\.png cannot hold float32 values; keep uint8"):
        PixelCopy(open_pixels(path), tmp_path / "out.png", "key", "float32")


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 2, 2)])
@pytest.mark.parametrize("compression", [None, "lzw"])
def test_tiny_images_are_copied(tmp_path, shape, compression):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(np.arange(np.prod(shape), dtype=np.uint16).reshape(shape),
                          compression=compression))  # fmt: skip
    source = open_pixels(path)
    copy = PixelCopy(source, tmp_path / "out.tif", "key")
    for plane in source.planes():
        copy.write(plane, source.read(plane).astype(np.float32))
        copy.plane_done(plane)
    copy.finish()
    np.testing.assert_array_equal(tifffile.imread(copy.path), tifffile.imread(path))


STACK = np.stack([GRAY, 255 - GRAY])
FUZZED = {
    "pages": tiff(STACK, compression="lzw", rowsperstrip=8, metadata=None),
    "imagej": tiff(STACK, imagej=True, metadata={"axes": "TYX"}),
    "ome": tiff(STACK, ome=True, metadata={"axes": "CYX"}),
    "tiles": tiff(GRAY, tile=(16, 16), compression="packbits", bigtiff=True, byteorder=">"),
    "floats": tiff(GRAY.astype(np.float32), compression="zlib", predictor=3),
    "png": imagecodecs.png_encode(GRAY),
    "jpeg": pillow(Image.fromarray(GRAY), "JPEG"),
    "bmp": pillow(Image.fromarray(GRAY), "BMP"),
    "npy": npy(STACK),
}
NUMBERS = [0, 1, 2, 3, 5, 7, 8, 16, 255, 256, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1]


@st.composite
def damaged(draw, data):
    """A file in which bytes are changed, or a number of its head or its end is another."""
    if draw(st.booleans()):
        return draw(mutated_bytes(data))
    at = draw(st.integers(0, min(len(data), 600) - 4) | st.integers(len(data) - 300, len(data) - 4))
    number = struct.pack(draw(st.sampled_from("<>")) + "I", draw(st.sampled_from(NUMBERS)))
    return data[:at] + number + data[at + 4 :]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FUZZED)
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(draw=st.data())
def test_a_damaged_file_is_copied_or_refused(tmp_path, kind, draw):
    path = tmp_path / "a.file"
    path.write_bytes(draw.draw(damaged(FUZZED[kind])))
    with contextlib.suppress(UserError):
        source = open_pixels(path)
        copy = PixelCopy(source, tmp_path / "out", "key", note="denoised")
        try:
            for plane in source.planes():
                pixels = source.read(plane)
                assert pixels.shape[:2] == (source.height, source.width)
                assert pixels.dtype == source.dtype
                copy.write(plane, pixels.astype(np.float64))
                copy.plane_done(plane)
            copy.finish()
        except UserError:
            copy.close()
            raise


def test_the_environment_changes_how_many_pixels_are_read(tmp_path, monkeypatch):
    Image.new("L", (30, 20)).save(tmp_path / "a.png")
    assert open_pixels(tmp_path / "a.png").shape == (20, 30)
    monkeypatch.setenv(MAX_MEGAPIXELS, "0.0005")
    with pytest.raises(UserError, match=r"a\.png is 30×20, .* or set DENOISEBENCH_MAX_MEGAPIXELS"):
        open_pixels(tmp_path / "a.png")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UserError, match=r"pipe\.png cannot be read: it is a pipe or a device"):
        open_pixels(tmp_path / "pipe.png")


@pytest.mark.parametrize(
    ("name", "data", "package", "extra"),
    [
        ("a.zarr/zarr.json", b"{}", "zarr", "zarr"),
        ("a.mrc", bytes(208) + b"MAP " + bytes(900), "mrcfile", "bio"),
        ("a.czi", b"ZISRAWFILE", "bioio", "bio"),
    ],
)
def test_a_format_whose_packages_are_missing_names_the_command(
    tmp_path, monkeypatch, name, data, package, extra
):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"a\..* pip install 'denoisebench\[{extra}\]'$"):
        open_pixels(tmp_path / name.split("/")[0])


@pytest.mark.parametrize("values", [np.full((40, 40), 1e300), np.diag([1e39, *[0.5] * 39])])
def test_values_beyond_what_can_be_squared_are_refused_by_file(tmp_path, values):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(
        UserError, match=r"a\.npy holds values of 1e\+\d+; scale it to values below"
    ):
        open_pixels(tmp_path / "a.npy").read(())
