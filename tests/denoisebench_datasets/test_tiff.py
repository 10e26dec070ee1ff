"""TIFF: what the tags say is what is read, or the file is refused by name; nothing is filled in."""

import io
import logging
import re
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile

from denoisebench.errors import UserError
from denoisebench_datasets.reading.reader import decode_image, open_image
from denoisebench_datasets.reading.scale import Scale

RNG = np.random.default_rng(11)
GRAY = RNG.integers(1, 256, (64, 48), dtype=np.uint8)
RGB = RNG.integers(1, 256, (64, 48, 3), dtype=np.uint8)
OFFSETS, BYTE_COUNTS = (273, 324), (279, 325)
PHOTOMETRIC, SAMPLES, EXTRA_SAMPLES, WIDTH = 262, 277, 338, 256


def tiff(stored, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, stored, metadata=None, **{"photometric": "minisblack", **options})
    return stream.getvalue()


def entries(data):
    """Tag -> where its entry of 12 bytes lies."""
    (first,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, first)
    places = [first + 2 + 12 * k for k in range(count)]
    return {struct.unpack_from("<H", data, at)[0]: at for at in places}


def changed(data, tags):
    """The file with another tag number, type, count or value in these entries."""
    changed = bytearray(data)
    for tag, entry in tags.items():
        struct.pack_into("<HHII", changed, entries(data)[tag], *entry)
    return bytes(changed)


def with_parts(data, change):
    """The file with the offsets and byte counts of its parts changed, each a list."""
    changed = bytearray(data)
    for tag, at in entries(data).items():
        if tag in (*OFFSETS, *BYTE_COUNTS):
            _, kind, count, where = struct.unpack_from("<HHII", data, at)
            form = f"<{count}{'I' if kind == 4 else 'H'}"
            values = change(list(struct.unpack_from(form, data, where)))
            struct.pack_into(form, changed, where, *values)
    return bytes(changed)


def refused(data, reason):
    for read in (open_image, decode_image):
        with pytest.raises(UserError, match=reason) as caught:
            read(data, "a.tif")
        assert str(caught.value).startswith("a.tif ")
        assert "\n" not in str(caught.value)


PARTS = {"strips": {"rowsperstrip": 8}, "tiles": {"tile": (16, 16)}}


@pytest.mark.parametrize("parts", PARTS)
@pytest.mark.parametrize("compression", [None, "zlib", "lzw", "packbits"])
def test_missing_parts_are_refused_and_not_read_as_black(parts, compression):
    data = tiff(GRAY, compression=compression, **PARTS[parts])
    assert decode_image(data, "x").shape == (1, 64, 48)
    half = with_parts(data, lambda values: [0 if k % 2 else v for k, v in enumerate(values)])
    refused(half, rf"leaves out \d of its \d+ {parts} \(a sparse file\)|leaves out 6 of")
    far = with_parts(data, lambda values: [*values[:-1], 10**4])
    refused(far, f"it ends before the end of its {parts}")
    at = entries(data)
    for tag in (*OFFSETS, *BYTE_COUNTS):
        if tag in at:
            _, kind, count, where = struct.unpack_from("<HHII", data, at[tag])
            fewer = changed(data, {tag: (tag, kind, count // 2, where)})
            refused(fewer, f"it lists {count // 2} of its {count} {parts}")


STREAMS = {
    "deflate": (8, imagecodecs.zlib_encode),
    "old deflate": (32946, imagecodecs.zlib_encode),
    "LZW": (5, imagecodecs.lzw_encode),
    "PackBits": (32773, imagecodecs.packbits_encode),
    "LZMA": (34925, imagecodecs.lzma_encode),
    "ZSTD": (50000, imagecodecs.zstd_encode),
}


@pytest.mark.parametrize("name", STREAMS)
def test_of_a_strip_no_more_is_decoded_than_it_should_have(name):
    code, encode = STREAMS[name]
    strip = encode(np.full((400, 4800), 9, np.uint8))  # 625 times the image
    data = with_strip(tiff(GRAY), code, strip)
    try:
        assert (decode_image(data, "x") == np.float32(9 / 255)).all()
    except UserError as error:
        assert re.search(r"(?i)insufficient|too.small", str(error))  # noqa: PT017
    whole = with_strip(tiff(GRAY), code, encode(GRAY))
    np.testing.assert_array_equal(decode_image(whole, "x")[0], GRAY / np.float32(255))


def with_strip(data, compression, strip):
    """The file with its only strip replaced by these bytes, compressed in the way of this code."""
    strip = bytes(strip)
    tags = {259: (259, 3, 1, compression), 273: (273, 4, 1, len(data))}
    return changed(data, {**tags, 279: (279, 4, 1, len(strip))}) + strip


@pytest.mark.parametrize(
    ("code", "name"),
    [(7, "JPEG"), (34712, "JPEG2000"), (34887, "LERC"), (50001, "WEBP"), (50002, "JPEGXL")],
)
def test_parts_that_say_their_own_size_are_refused_by_name(code, name):
    coded = changed(tiff(GRAY), {259: (259, 3, 1, code)})
    refused(coded, f"is compressed as {name}; save it uncompressed or with deflate$")


def test_many_tiles_that_are_larger_than_the_image_together_are_refused():
    wide = tiff(np.zeros((16, 4096), np.uint8), compression="zlib", tile=(16, 16))
    refused(changed(wide, {323: (323, 4, 1, 2**17)}), "its tiles are larger than the image")


def test_one_strip_may_say_that_it_has_any_number_of_rows():
    data = changed(tiff(GRAY, compression="zlib"), {278: (278, 4, 1, 2**32 - 1)})
    np.testing.assert_array_equal(decode_image(data, "x")[0], GRAY / np.float32(255))


def test_a_header_of_more_pixels_than_the_file_holds_is_refused():
    data = tiff(np.zeros((8, 8), np.uint8))
    refused(changed(data, {256: (256, 4, 1, 16777233)}), "cannot be read|100 to 1")
    refused(changed(data, {256: (256, 4, 1, 0)}), "cannot be read as an image")


@pytest.mark.parametrize(
    ("stored", "options", "tags", "reason"),
    [
        (GRAY, {}, {PHOTOMETRIC: (PHOTOMETRIC, 3, 1, 2)}, "has axes YXS and 1 samples|RGB with 1"),
        (
            RGB,
            {"photometric": "rgb"},
            {PHOTOMETRIC: (PHOTOMETRIC, 3, 1, 1)},
            "has axes YXS and 3 samples a pixel",
        ),
        (RGB, {"photometric": "rgb"}, {PHOTOMETRIC: (PHOTOMETRIC, 3, 1, 8)}, "stored as CIELAB"),
        (RGB, {"photometric": "rgb"}, {PHOTOMETRIC: (PHOTOMETRIC, 3, 1, 99)}, "cannot be read"),
    ],
)
def test_colours_that_the_samples_are_not_are_refused(stored, options, tags, reason):
    refused(changed(tiff(stored, **options), tags), reason)


@pytest.mark.parametrize(
    ("samples", "meaning"), [(2, "minisblack"), (4, "rgb")], ids=["gray", "colour"]
)
def test_an_extra_sample_is_alpha_only_where_the_file_says_so(samples, meaning):
    stored = np.full((8, 9, samples), 255, np.uint8)
    stored[..., 0] = 7
    for kind in ("assocalpha", "unassalpha"):
        data = tiff(stored, photometric=meaning, planarconfig="contig", extrasamples=[kind])
        assert decode_image(data, "x").shape == (samples - 1, 8, 9)
        assert open_image(data, "x").shape == (samples - 1, 8, 9)
    data = tiff(stored, photometric=meaning, planarconfig="contig", extrasamples=["unspecified"])
    refused(data, f"has {samples} samples a pixel, and of the last one it does not say that it is")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_white_is_zero_is_inverted_within_the_range_of_the_type(dtype, order):
    stored = RNG.integers(0, np.iinfo(dtype).max, (9, 11), dtype=dtype, endpoint=True)
    data = tiff(np.iinfo(dtype).max - stored, photometric="miniswhite", byteorder=order)
    expected = stored / np.float32(np.iinfo(dtype).max)
    np.testing.assert_array_equal(decode_image(data, "x")[0], expected)


def test_white_is_zero_of_twelve_bits_is_inverted_within_twelve_bits():
    stored = RNG.integers(0, 4096, (9, 12), dtype=np.uint16)
    data = tiff(4095 - stored, photometric="miniswhite", bitspersample=12)
    pixels = decode_image(data, "x", Scale(white=4095.0))
    np.testing.assert_array_equal(pixels[0], (stored / 4095).astype(np.float32))


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_white_is_zero_of_floats_and_signed_integers_is_refused(dtype):
    refused(tiff(GRAY.astype(dtype), photometric="miniswhite"), "white and black are unclear")


@pytest.mark.parametrize(
    "stored", [GRAY, (GRAY / 255).astype(np.float32), RGB], ids=["gray", "float", "colour"]
)
def test_where_the_tag_is_missing_zero_is_black(stored):
    data = tiff(stored, photometric="rgb" if stored.ndim == 3 else "minisblack")
    without = changed(data, {PHOTOMETRIC: (266, 3, 1, 1)})  # FillOrder, its default
    np.testing.assert_array_equal(decode_image(without, "x"), decode_image(data, "x"))


def test_signed_and_long_integers_and_twelve_bits_need_a_white():
    stored = RNG.integers(0, 4096, (9, 12))
    for dtype, options in (
        (np.int16, {}),
        (np.uint32, {}),
        (np.int32, {"byteorder": ">"}),
        (np.uint16, {"bitspersample": 12}),
    ):
        data = tiff(stored.astype(dtype), **options)
        with pytest.raises(UserError, match=r"whose range is unknown; say what is white: append"):
            decode_image(data, "x")
        pixels = decode_image(data, "x", Scale(white=4095.0))
        np.testing.assert_array_equal(pixels[0], (stored / 4095).astype(np.float32))


def test_missing_data_that_the_file_marks_is_refused_whatever_the_scale():
    stored = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    tag = [(42113, "s", 0, "-9999", True)]
    assert decode_image(tiff(stored, extratags=tag), "x").shape == (1, 8, 8)
    stored[0, :3] = -9999
    for scale in (Scale(), Scale(white=255.0)):
        with pytest.raises(UserError, match=r"marks 3 of its 64 values as missing \(GDAL_NODATA"):
            decode_image(tiff(stored, extratags=tag), "x", scale)


def test_what_tifffile_logs_of_a_broken_file_is_not_printed(capsys, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(UserError):
        decode_image(tiff(GRAY, compression="zlib", rowsperstrip=8)[:900], "x")
    assert capsys.readouterr() == ("", "")
    assert not caplog.records
