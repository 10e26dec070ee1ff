"""Files are made with one library and read by ours; 8 and 16 bits must arrive exactly."""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.pixels import to_gray
from denoisebench_datasets.reading.reader import decode_image, open_image, read_image

RNG = np.random.default_rng(0)
GRAY8 = RNG.integers(0, 256, (9, 13), dtype=np.uint8)
RGB8 = RNG.integers(0, 256, (9, 13, 3), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (9, 13), dtype=np.uint16)
RGB16 = RNG.integers(0, 65536, (9, 13, 3), dtype=np.uint16)
GRAY_FLOAT = RNG.normal(0.5, 1.0, (9, 13)).astype(np.float32)
RGB_FLOAT = RNG.normal(0.5, 1.0, (9, 13, 3)).astype(np.float32)


def pillow_bytes(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiff_bytes(stored, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, stored, **options)
    return stream.getvalue()


def expected(stored):
    largest = {"uint8": 255, "uint16": 65535}.get(stored.dtype.name, 1)
    pixels = stored.astype(np.float64) / largest
    return np.atleast_3d(pixels).transpose(2, 0, 1).astype(np.float32)


def stored_forms():
    for stored in (GRAY8, RGB8):
        for kind in ("PNG", "BMP"):
            yield f"{kind} {stored.shape}", stored, pillow_bytes(Image.fromarray(stored), kind)
    for stored in (GRAY16, RGB16):
        yield f"PNG 16 {stored.shape}", stored, imagecodecs.png_encode(stored)
    for stored in (GRAY8, RGB8, GRAY16, RGB16, GRAY_FLOAT, RGB_FLOAT):
        meaning = "rgb" if stored.ndim == 3 else "minisblack"
        for compression in (None, "lzw", "deflate"):
            data = tiff_bytes(stored, photometric=meaning, compression=compression)
            yield f"TIFF {compression} {stored.dtype} {stored.shape}", stored, data
    planes = tiff_bytes(RGB8.transpose(2, 0, 1), photometric="rgb", planarconfig="separate")
    yield "TIFF of three planes", RGB8, planes
    yield "big-endian TIFF", GRAY16, tiff_bytes(GRAY16, byteorder=">", photometric="minisblack")
    yield "TIFF, white is 0", GRAY8, tiff_bytes(~GRAY8, photometric="miniswhite")


@pytest.mark.parametrize(
    ("stored", "data"), [pytest.param(s, d, id=name) for name, s, d in stored_forms()]
)
def test_values_arrive_exactly(stored, data):
    pixels = decode_image(data, "x")
    assert pixels.dtype == np.float32
    assert pixels.flags.c_contiguous
    np.testing.assert_array_equal(pixels, expected(stored))
    assert open_image(data, "x").shape == pixels.shape


def test_sixteen_bits_stay_sixteen_in_a_colour_png():
    pixels = decode_image(imagecodecs.png_encode(RGB16), "x")
    assert np.unique(pixels).size > 256


def test_jpeg_is_what_pillow_decodes():
    for stored in (GRAY8, RGB8):
        data = pillow_bytes(Image.fromarray(stored), "JPEG", quality=90)
        decoded = np.asarray(Image.open(io.BytesIO(data)))
        np.testing.assert_array_equal(decode_image(data, "x"), expected(decoded))


def test_palette_png_is_colour_unless_its_palette_is_gray():
    colours = Image.fromarray(RGB8).quantize(16)
    np.testing.assert_array_equal(
        decode_image(pillow_bytes(colours, "PNG"), "x"),
        expected(np.asarray(colours.convert("RGB"))),
    )
    for kind in ("PNG", "BMP"):
        grays = Image.fromarray(GRAY8).quantize(16)
        data = pillow_bytes(grays, kind)
        pixels = decode_image(data, "x")
        assert pixels.shape == (1, 9, 13)
        assert open_image(data, "x").shape == (1, 9, 13)
        np.testing.assert_array_equal(pixels, expected(np.asarray(grays.convert("L"))))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_one_bit_images_are_black_and_white(kind):
    bits = Image.fromarray(GRAY8 > 127)
    pixels = decode_image(pillow_bytes(bits, kind), "x")
    np.testing.assert_array_equal(pixels[0], GRAY8 > 127)


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_opaque_alpha_is_dropped_and_transparency_is_refused(mode, kind):
    opaque = Image.fromarray(RGB8).convert(mode)
    pixels = decode_image(pillow_bytes(opaque, kind), "x")
    assert pixels.shape[0] == len(mode) - 1
    opaque.putalpha(200)
    with pytest.raises(UserError, match=r"see\.png has transparent pixels; flatten"):
        decode_image(pillow_bytes(opaque, kind), "see.png")


def test_orientation_is_not_applied():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn right
    data = pillow_bytes(Image.fromarray(RGB8), "JPEG", exif=exif)
    assert decode_image(data, "x").shape == (3, 9, 13)


def test_gray_of_three_equal_channels_is_the_gray_image():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    gray = decode_image(pillow_bytes(Image.fromarray(levels), "PNG"), "x")
    np.testing.assert_array_equal(to_gray(np.repeat(gray, 3, axis=0)), gray)


REFUSED = {
    "CMYK": (pillow_bytes(Image.new("CMYK", (8, 8)), "JPEG"), "stored as CMYK"),
    "CMYK TIFF": (pillow_bytes(Image.new("CMYK", (8, 8)), "TIFF"), "stored as SEPARATED"),
    "palette TIFF": (pillow_bytes(Image.new("P", (8, 8)), "TIFF"), "stored as PALETTE"),
    "pages": (tiff_bytes(np.stack([GRAY8, GRAY8]), photometric="minisblack"), "several images"),
    "frames": (
        pillow_bytes(
            Image.fromarray(GRAY8), "PNG", save_all=True, append_images=[Image.fromarray(~GRAY8)]
        ),
        "is animated",
    ),
    "GIF": (pillow_bytes(Image.fromarray(GRAY8), "GIF"), "is not a PNG, JPEG, BMP, TIFF or .npy"),
    "empty": (b"", "is empty"),
    "NaN": (tiff_bytes(np.full((4, 4), np.nan, np.float32)), "holds NaN"),
    "int16": (tiff_bytes(np.zeros((4, 4), np.int16)), "holds int16 values"),
    "uint32": (tiff_bytes(np.zeros((4, 4), np.uint32)), "holds uint32 values"),
    "five samples": (tiff_bytes(np.zeros((6, 7, 5), np.uint8), photometric="rgb"), "has axes"),
    "12 bits": (tiff_bytes(GRAY16 >> 4, bitspersample=12), "12-bit values"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_in_one_line(name):
    data, reason = REFUSED[name]
    with pytest.raises(UserError, match=reason) as caught:
        decode_image(data, "here.img")
    assert str(caught.value).startswith("here.img ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        pillow_bytes(Image.fromarray(RGB8), "PNG"),
        pillow_bytes(Image.fromarray(RGB8), "JPEG"),
        pillow_bytes(Image.fromarray(RGB8), "BMP"),
        tiff_bytes(RGB8, photometric="rgb", compression="lzw"),
        tiff_bytes(RGB8, photometric="rgb"),
    ],
    ids=["png", "jpeg", "bmp", "lzw tiff", "tiff"],
)
@pytest.mark.parametrize("share", [0.05, 0.3, 0.7])
def test_a_truncated_file_is_one_line(data, share):
    with pytest.raises(UserError, match=r"half\.img cannot be read as an image: ") as caught:
        decode_image(data[: int(len(data) * share)], "half.img")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path):
    with pytest.raises(UserError, match=r"none\.png cannot be read: No such file"):
        read_image(tmp_path / "none.png")
