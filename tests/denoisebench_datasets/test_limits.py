"""What a file may cost, and what is no file: refused by its header, before it is decoded."""

import io
import os
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.limits import MAX_MEGAPIXELS
from denoisebench.plugin.image_source import PackChoice
from denoisebench.specs import parse_spec
from denoisebench_datasets.packs.source import PackSource
from denoisebench_datasets.reading.reader import decode_image, open_image, read_image

HUGE = 40_000  # squared, more pixels than are read


def png(width, height, pixels=b""):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg(width, height):
    """A JPEG file of eight pixels whose header says another size."""
    stream = io.BytesIO()
    Image.new("L", (8, 8)).save(stream, "JPEG")
    data = bytearray(stream.getvalue())
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def bmp(width, height, image=Image.new("L", (8, 8))):  # noqa: B008 - it is not changed
    stream = io.BytesIO()
    image.save(stream, "BMP")
    data = bytearray(stream.getvalue())
    struct.pack_into("<ii", data, 18, width, height)
    return bytes(data)


def tiff(width, height):
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((8, 8), np.uint8), compression="zlib")
    data = bytearray(stream.getvalue())
    (first,) = struct.unpack_from("<I", data, 4)
    for k in range(struct.unpack_from("<H", data, first)[0]):
        at = first + 2 + 12 * k
        (tag,) = struct.unpack_from("<H", data, at)
        if tag in (256, 257, 278):  # width, height, rows of a strip
            struct.pack_into("<HHII", data, at, tag, 4, 1, width if tag == 256 else height)
    return bytes(data)


def palette_bmp(width, height):
    return bmp(width, height, Image.new("RGB", (8, 8), (1, 2, 3)).quantize(16))


@pytest.mark.parametrize("made", [png, jpeg, bmp, palette_bmp, tiff])
def test_more_pixels_than_are_read_are_refused_by_the_header(made):
    with pytest.raises(UserError, match=r"a is 40000×40000, and at most 1000 million pixels"):
        decode_image(made(HUGE, HUGE), "a")


@pytest.mark.parametrize("made", [png, jpeg, bmp, palette_bmp, tiff])
def test_a_small_file_that_says_it_is_large_is_refused_before_it_is_decoded(made):
    with pytest.raises(UserError, match=r"a says that it is 10000×9000 in [0-9]+ bytes, and"):
        decode_image(made(10_000, 9_000), "a")


@pytest.mark.parametrize("made", [png, tiff])
def test_the_environment_changes_how_many_pixels_are_read(monkeypatch, made):
    monkeypatch.setenv(MAX_MEGAPIXELS, "0.00006")
    with pytest.raises(UserError, match=rf"a is 8×8, .* 6e-05 million .* or set {MAX_MEGAPIXELS}"):
        open_image(made(8, 8), "a")
    monkeypatch.setenv(MAX_MEGAPIXELS, "2000")
    with pytest.raises(
        UserError, match=r"a says that it is 40000×40000 in [0-9]+ bytes, and at most"
    ):
        open_image(made(HUGE, HUGE), "a")
    monkeypatch.setenv(MAX_MEGAPIXELS, "")
    assert open_image(made(8, 8), "a").shape == (1, 8, 8)


@pytest.mark.parametrize("value", ["many", "0", "-1", "inf", "1_000", "nan"])
def test_a_limit_that_is_no_number_above_0_is_refused_by_name(monkeypatch, value):
    monkeypatch.setenv(MAX_MEGAPIXELS, value)
    with pytest.raises(UserError, match=rf"^{MAX_MEGAPIXELS}.*; give millions of pixels"):
        open_image(png(8, 8), "a")


def test_a_constant_image_compresses_well_and_is_read_if_it_is_small():
    data = png(2000, 1000, zlib.compress(bytes(2001 * 1000), 9))
    assert len(data) < 2000 * 1000 / 900
    assert decode_image(data, "a").shape == (1, 1000, 2000)


def test_a_large_image_that_compresses_as_no_noise_does_is_refused_before_it_is_decoded():
    data = png(16_000, 16_000, zlib.compress(bytes(1000)))
    with pytest.raises(UserError, match=r"16000×16000 in \d+ bytes.*with less compression"):
        decode_image(data, "a")


def test_a_large_jpeg_meets_no_limit_of_pillow(monkeypatch, recwarn):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    stream = io.BytesIO()
    Image.new("RGB", (64, 48)).save(stream, "JPEG")
    assert decode_image(stream.getvalue(), "a").shape == (3, 48, 64)
    assert not list(recwarn)


def test_a_refusal_does_not_repeat_all_that_a_file_says():
    stream = io.BytesIO()
    np.save(stream, np.zeros((4, 4), [("x" * 4000, "f4")]))
    with pytest.raises(UserError) as caught:
        decode_image(stream.getvalue(), "a.npy")
    assert len(str(caught.value)) < 500


def make_pipe(path):
    os.mkfifo(path)


def make_loose_link(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    ("make", "said"),
    [(make_pipe, "it is a pipe or a device"), (make_loose_link, "No such")],
)
def test_what_is_no_file_is_named_and_never_waited_for(sources, tmp_path, make, said):
    for folder in ("noisy", "clean"):
        (tmp_path / folder).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / folder / "b.png")
    make(tmp_path / "noisy" / "a.png")
    for text in (f"folder:{tmp_path}/noisy", f"noisy:{tmp_path}/noisy"):
        with pytest.raises(UserError, match=rf"noisy/a\.png .*{said}"):
            sources[text.partition(":")[0]].open(parse_spec(text))
    with pytest.raises(UserError, match=rf"noisy/a\.png .*{said}"):
        sources["pairs"].open(parse_spec(f"pairs:{tmp_path}/noisy:{tmp_path}/clean"))
    packed = PackSource().pack(
        tmp_path / "noisy", tmp_path / "x.pack", PackChoice(1), lambda _progress: None
    )
    assert [image.id for image in packed.image_set.images] == ["b.png"]
    assert said in packed.left_out["not usable"][0]


def test_a_device_is_no_file():
    with pytest.raises(
        UserError, match="/dev/zero cannot be read: it is a pipe or a device; give a file"
    ):
        read_image("/dev/zero")
