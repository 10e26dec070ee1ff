"""A copy with the same pixels is the same image with the same metadata, whatever the format."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.image_files.copy import PixelCopy
from denoisebench.image_files.png import read_chunks
from denoisebench.image_files.source import open_pixels

DTYPES = ("uint8", "uint16", "int16", "float32")
RESOLUTION = {"resolution": (1e4 / 0.16, 1e4 / 0.16), "resolutionunit": "CENTIMETER"}
LUTS = [np.tile(np.arange(256, dtype=np.uint8) // (k + 1), (3, 1)) for k in range(2)]


def pixels(*shape, dtype="uint16", seed=0):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return rng.normal(0.0, 100.0, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def imagej(axes, shape, **metadata):
    def write(path, dtype):
        if dtype == "int16":
            pytest.skip("ImageJ has no int16")
        told = {"axes": axes, "unit": "um", "Info": "by hand\nGain = 2", "mode": "composite"}
        told |= {"spacing": 0.5, "finterval": 2.5, "fps": 0.4, **metadata}
        tifffile.imwrite(
            path, pixels(*shape, dtype=dtype), imagej=True, metadata=told, **RESOLUTION
        )

    return write


def tiff(shape, **options):
    def write(path, dtype):
        given = {"software": "camera 1.0", "description": "a cell", **RESOLUTION, **options}
        if given.get("predictor") and np.dtype(dtype).kind == "f":
            given["predictor"] = 3
        tifffile.imwrite(path, pixels(*shape, dtype=dtype), **given)

    return write


def ome(axes, shape):
    def write(path, dtype):
        metadata = {"axes": axes, "PhysicalSizeX": 0.16, "PhysicalSizeXUnit": "µm"}
        tifffile.imwrite(path, pixels(*shape, dtype=dtype), ome=True, metadata=metadata)

    return write


def pyramid(path, dtype):
    with tifffile.TiffWriter(path) as writer:
        options = {"photometric": "minisblack", "tile": (16, 16), "compression": "zlib"}
        writer.write(pixels(64, 50, dtype=dtype), subifds=1, metadata=None, **options)
        writer.write(pixels(32, 25, dtype=dtype), subfiletype=1, metadata=None, **options)


def several_series(path, dtype):
    with tifffile.TiffWriter(path) as writer:
        for shape in [(3, 20, 30), (9, 8)]:
            writer.write(pixels(*shape, dtype=dtype), photometric="minisblack")


TIFFS = {
    "plain": tiff((17, 23), metadata=None),
    "plain pages": tiff((4, 17, 23), metadata=None, photometric="minisblack"),
    "shaped": tiff((2, 3, 17, 23), metadata={"axes": "TZYX"}, photometric="minisblack"),
    "strips": tiff((33, 23), rowsperstrip=4, metadata=None),
    "imagej T": imagej("TYX", (3, 17, 23)),
    "imagej C": imagej("CYX", (2, 17, 23), LUTs=LUTS, Ranges=(0.0, 9.0, 5.0, 200.0)),
    "imagej Z": imagej("ZYX", (4, 17, 23)),
    "imagej TZC": imagej("TZCYX", (2, 3, 2, 17, 23), LUTs=LUTS),
    "ome plane": ome("YX", (17, 23)),
    "ome stack": ome("TCZYX", (2, 3, 4, 17, 23)),
    "big": tiff((2, 17, 23), bigtiff=True, photometric="minisblack"),
    "lzw": tiff((40, 23), compression="lzw", rowsperstrip=7, predictor=True),
    "deflate pages": tiff((3, 17, 23), compression="zlib", metadata=None, photometric="minisblack"),
    "zstd": tiff((17, 23), compression="zstd"),
    "packbits": tiff((17, 23), compression="packbits"),
    "tiled": tiff((50, 70), tile=(16, 32)),
    "tiled deflate": tiff((50, 70), tile=(16, 32), compression="zlib", predictor=True),
    "big-endian": tiff((3, 17, 23), byteorder=">", photometric="minisblack"),
    "big-endian lzw": tiff((17, 23), byteorder=">", compression="lzw", predictor=True),
    "big-endian Big": tiff((17, 23), byteorder=">", bigtiff=True, compression="zlib"),
    "rgb": tiff((17, 23, 3), photometric="rgb", metadata=None),
    "rgb pages": tiff((4, 17, 23, 3), photometric="rgb"),
    "rgb planar": tiff((3, 17, 23), photometric="rgb", planarconfig="separate"),
    "rgb planar lzw": tiff((3, 17, 23), photometric="rgb", planarconfig="separate", compression=5),
    "rgb tiled lzw": tiff((50, 70, 3), photometric="rgb", tile=(16, 32), compression="lzw"),
    "several series": several_series,
    "pyramid": pyramid,
}


def copied(path, note="", change=lambda values: values, **options):
    """The copy in which each plane is changed; written in two parts."""
    source = open_pixels(path)
    out = path.parent / "out" / path.name
    copy = PixelCopy(source, out, "key", note=note, **options)
    for plane in source.planes():
        half = source.height // 2
        for rows in (slice(0, half), slice(half, source.height)):
            copy.write(plane, change(source.read(plane, rows).astype(np.float64)), rows)
        copy.plane_done(plane)
    copy.finish()
    assert [p.name for p in out.parent.iterdir()] == [path.name]
    return out


def tags(path):
    """Every tag of every page and level but those of the places of the pixels."""
    with tifffile.TiffFile(path) as tiff:
        pages = [page for s in tiff.series for level in s.levels for page in level.pages]
        pages += list(tiff.pages)
        return [
            [(tag.code, tag.dtype, tag.count, repr(tag.value)) for tag in page.aspage().tags]
            for page in pages
        ], (tiff.byteorder, tiff.is_bigtiff, repr(tiff.imagej_metadata), tiff.ome_metadata)


def without_places(told, compressed):
    pages, kind = told
    places = {273, 279, 324, 325, 330} if compressed else set()
    return [[tag for tag in page if tag[0] not in places] for page in pages], kind


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", TIFFS)
def test_a_tiff_copied_with_its_own_pixels_is_the_same(tmp_path, kind, dtype):
    path = tmp_path / "a.tif"
    TIFFS[kind](path, dtype)
    out = copied(path)
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(out) as after:
        assert len(before.series) == len(after.series)
        for one, other in zip(before.series, after.series, strict=True):
            assert (one.axes, one.shape, one.kind) == (other.axes, other.shape, other.kind)
            np.testing.assert_array_equal(one.asarray(), other.asarray())
        compressed = before.pages.first.compression != 1
    assert without_places(tags(path), compressed) == without_places(tags(out), compressed)
    if not compressed:
        assert path.read_bytes() == out.read_bytes()


@pytest.mark.parametrize("kind", TIFFS)
def test_new_pixels_are_those_of_the_copy_and_another_reader_finds_them(tmp_path, kind):
    path = tmp_path / "a.tif"
    TIFFS[kind](path, "uint8")
    before = tifffile.imread(path)
    out = copied(path, "denoised with care", lambda values: 255 - values)
    np.testing.assert_array_equal(tifffile.imread(out), 255 - before)
    with tifffile.TiffFile(out) as tiff:
        assert tiff.pages.first.software.endswith("denoised with care")


@pytest.mark.parametrize("kind", TIFFS)
def test_rows_and_planes_are_those_that_tifffile_reads(tmp_path, kind):
    path = tmp_path / "a.tif"
    TIFFS[kind](path, "uint16")
    source = open_pixels(path)
    whole = tifffile.imread(path)
    if kind.startswith("rgb planar"):
        whole = np.moveaxis(whole, 0, -1)
    assert source.shape == whole.shape
    for plane in source.planes():
        np.testing.assert_array_equal(source.read(plane), whole[plane])
        np.testing.assert_array_equal(source.read(plane, slice(3, 12)), whole[plane][3:12])


def png_with_chunks(path, values):
    """A PNG with text, physical size, gamma and EXIF chunks."""
    data = bytes(imagecodecs.png_encode(values))
    extra = b""
    for kind, payload in [
        (b"gAMA", struct.pack(">I", 45455)),
        (b"pHYs", struct.pack(">IIB", 2835, 2835, 1)),
        (b"tEXt", b"Comment\0night sky"),
        (b"eXIf", b"MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    ]:
        check = struct.pack(">I", zlib.crc32(kind + payload))
        extra += struct.pack(">I", len(payload)) + kind + payload + check
    path.write_bytes(data[:33] + extra + data[33:])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("shape", [(17, 23), (17, 23, 3)])
def test_a_png_keeps_its_chunks(tmp_path, shape, dtype):
    path = tmp_path / "a.png"
    values = pixels(*shape, dtype=dtype)
    png_with_chunks(path, values)
    out = copied(path)
    np.testing.assert_array_equal(imagecodecs.png_decode(out.read_bytes()), values)
    assert list(chunks(out.read_bytes())) == list(chunks(path.read_bytes()))
    noted = copied(path, "denoised with care")
    assert b"Software\0\0\0\0\0denoised with care" in noted.read_bytes()


def chunks(data):
    return [chunk for chunk in read_chunks(data) if chunk[0] != b"IDAT"]


def test_opaque_alpha_stays_and_transparent_pixels_are_refused(tmp_path):
    path = tmp_path / "a.png"
    values = pixels(17, 23, 4, dtype="uint8")
    values[:, :, 3] = 255
    path.write_bytes(imagecodecs.png_encode(values))
    np.testing.assert_array_equal(imagecodecs.png_decode(copied(path).read_bytes()), values)
    values[5, 5, 3] = 254
    path.write_bytes(imagecodecs.png_encode(values))
    with pytest.raises(UserError, match=r"a\.png has transparent pixels"):
        open_pixels(path).read(())


def test_a_jpeg_becomes_a_png_with_its_resolution_profile_and_exif(tmp_path):
    exif = Image.Exif()
    exif[271], exif[274] = "Camera Co", 6
    path = tmp_path / "a.jpg"
    image = Image.fromarray(pixels(17, 23, 3, dtype="uint8"))
    image.save(path, exif=exif, dpi=(300, 300), icc_profile=b"a profile")
    source = open_pixels(path)
    assert (source.axes, source.format, source.remarks[0][:4]) == ("YXS", "jpeg", "JPEG")
    copy = PixelCopy(source, tmp_path / "out" / "a.png", "key")
    copy.write((), source.read(()).astype(np.float32))
    copy.plane_done(())
    copy.finish()
    with Image.open(path) as before, Image.open(copy.path) as after:
        np.testing.assert_array_equal(np.asarray(after), np.asarray(before))
        assert after.getexif()[271] == "Camera Co"
        assert after.getexif()[274] == 6
        assert after.info["icc_profile"] == b"a profile"
        assert after.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("dtype", [*DTYPES, ">u2", "float64", "float16"])
@pytest.mark.parametrize("shape", [(17, 23), (4, 17, 23)])
def test_an_array_keeps_its_bytes(tmp_path, shape, dtype):
    path = tmp_path / "a.npy"
    np.save(path, pixels(*shape, dtype="uint16").astype(dtype))
    assert copied(path).read_bytes() == path.read_bytes()


def test_an_array_is_colour_if_the_user_says_so(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, pixels(5, 6, 3))
    assert open_pixels(path).axes == "QYX"
    assert "--axes YXS" in open_pixels(path).remarks[0]
    source = open_pixels(path, "YXS")
    assert (source.axes, source.channels, source.read(()).shape) == ("YXS", 3, (5, 6, 3))


@pytest.mark.parametrize("kind", ["imagej TZC", "ome stack", "plain", "rgb pages", "shaped"])
def test_float_copies_keep_fractions_axes_and_units(tmp_path, kind):
    path = tmp_path / "a.tif"
    TIFFS[kind](path, "uint16")
    out = copied(path, change=lambda values: values / 4.0, dtype="float32")
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(out) as after:
        np.testing.assert_array_equal(after.asarray(), before.asarray().astype(np.float32) / 4)
        assert after.series[0].axes == before.series[0].axes
        for key in ("unit", "finterval", "Info", "mode"):
            assert (after.imagej_metadata or {}).get(key) == (before.imagej_metadata or {}).get(key)
        if before.is_ome:
            assert 'Type="float"' in after.ome_metadata
            assert 'PhysicalSizeX="0.16"' in after.ome_metadata
        else:
            assert after.pages.first.resolution == before.pages.first.resolution


def test_the_levels_of_a_pyramid_are_means_of_the_new_pixels(tmp_path):
    path = tmp_path / "a.tif"
    pyramid(path, "uint16")
    with tifffile.TiffFile(copied(path)) as tiff:
        full, half = (level.asarray() for level in tiff.series[0].levels)
    means = full.reshape(32, 2, 25, 2).mean(axis=(1, 3))
    np.testing.assert_array_equal(half, np.rint(means))


def test_the_other_series_stay_as_they_are(tmp_path):
    path = tmp_path / "a.tif"
    several_series(path, "uint8")
    assert "2 series" in open_pixels(path).remarks[0]
    out = copied(path, change=lambda values: 255 - values)
    np.testing.assert_array_equal(tifffile.imread(out, series=1), tifffile.imread(path, series=1))
    assert open_pixels(path, series=1).shape == (9, 8)


def test_pages_that_share_their_pixels_get_their_own(tmp_path):
    path = tmp_path / "a.tif"
    same = np.zeros((2, 17, 23), np.uint8)
    options = {"metadata": None, "photometric": "minisblack", "compression": "zlib"}
    tifffile.imwrite(path, same, **options)
    with tifffile.TiffFile(path, mode="r+") as tiff:
        places = tiff.pages[0].dataoffsets[0]
        tiff.pages[1].tags["StripOffsets"].overwrite(places)
    source = open_pixels(path)
    copy = PixelCopy(source, tmp_path / "out.tif", "key")
    for number, plane in enumerate(source.planes()):
        copy.write(plane, np.full((17, 23), 10.0 * number))
        copy.plane_done(plane)
    copy.finish()
    assert [int(page.max()) for page in tifffile.imread(copy.path)] == [0, 10]


def test_zero_for_white_is_read_as_white_and_written_back(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, pixels(17, 23, dtype="uint8"), photometric="miniswhite")
    stored = tifffile.imread(path)
    np.testing.assert_array_equal(open_pixels(path).read(()), 255 - stored)
    assert copied(path).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_bmp_becomes_a_png(tmp_path, mode):
    Image.effect_noise((31, 17), 40.0).convert(mode).save(tmp_path / "a.bmp")
    source = open_pixels(tmp_path / "a.bmp")
    copy = PixelCopy(source, tmp_path / "b.png", "key")
    pixels = source.read(())
    copy.write((), pixels.astype(np.float64))
    copy.plane_done(())
    copy.finish()
    np.testing.assert_array_equal(open_pixels(tmp_path / "b.png").read(()), pixels)
    assert (source.format, pixels.shape[:2]) == ("bmp", (17, 31))
