"""Damaged image files of every format: an image as the header says, finite, or one refusal."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
import tifffile
from fuzzing import mutated_bytes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from denoisebench.errors import UserError
from denoisebench_datasets.reading.reader import decode_image, open_image
from denoisebench_datasets.reading.scale import Scale

RNG = np.random.default_rng(2)
GRAY = RNG.integers(0, 256, (34, 35), dtype=np.uint8)
RGB = RNG.integers(0, 256, (34, 35, 3), dtype=np.uint8)
FLOAT = (GRAY / 255).astype(np.float32)
SCALES = [Scale(), Scale(white=255.0), Scale(-5.0, 4000.0), Scale(white=1e-30)]
NUMBERS = [0, 1, 2, 3, 5, 7, 8, 16, 255, 256, 65535, 2**24, 2**31 - 1, 2**31, 2**32 - 1]


def pillow(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def tiff(stored, meaning="minisblack", **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, stored, photometric=meaning, **options)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


FILES = {
    "png": pillow(Image.fromarray(RGB), "PNG"),
    "png-gray16": imagecodecs.png_encode(GRAY.astype(np.uint16) * 257),
    "png-palette": pillow(Image.fromarray(RGB).quantize(16), "PNG"),
    "png-bits": pillow(Image.fromarray(GRAY > 99), "PNG"),
    "jpeg": pillow(Image.fromarray(RGB), "JPEG"),
    "jpeg-progressive": pillow(Image.fromarray(GRAY), "JPEG", progressive=True),
    "bmp": pillow(Image.fromarray(RGB), "BMP"),
    "bmp-palette": pillow(Image.fromarray(RGB).quantize(16), "BMP"),
    "tiff": tiff(RGB, "rgb", rowsperstrip=8),
    "tiff-planes": tiff(RGB.transpose(2, 0, 1), "rgb", planarconfig="separate", compression="lzw"),
    "tiff-float": tiff(FLOAT, compression="zlib", predictor=True),
    "tiff-tiles": tiff(GRAY, tile=(16, 16), compression="packbits", bigtiff=True),
    "tiff-white": tiff(GRAY.astype(np.uint16), "miniswhite", byteorder=">"),
    "tiff-alpha": tiff(np.dstack([RGB, GRAY | 255]), "rgb", extrasamples=["unassalpha"]),
    "tiff-int": tiff(GRAY.astype(np.int32)),
    "npy": npy(FLOAT),
    "npy-int": npy(RGB.transpose(2, 0, 1).astype(np.int64)),
}


@st.composite
def renumbered(draw: st.DrawFn, data: bytes) -> bytes:
    """A file in which some numbers of the header or the directory are others."""
    changed = bytearray(data)
    last = len(data) - 4
    places = st.integers(0, min(last, 200)) | st.integers(max(0, last - 400), last)
    for _ in range(draw(st.integers(1, 3))):
        form = draw(st.sampled_from(["<I", ">I", "<H", ">H"]))
        limit = 2**32 if form[1] == "I" else 2**16
        number = draw(st.sampled_from([n for n in NUMBERS if n < limit]))
        struct.pack_into(form, changed, draw(places), number)
    return bytes(changed)


def read(data, scale):
    """Check that a file is refused in a line, or is what its header says."""
    try:
        pixels = decode_image(data, "a", scale)
    except UserError as error:
        refusal = str(error)
    else:
        refusal = ""
    if refusal:
        assert refusal.isprintable()
        assert len(refusal) < 600
        return
    assert pixels.shape == open_image(data, "a").shape
    assert pixels.dtype == np.float32
    assert pixels.size
    assert np.isfinite(pixels).all()


def check(data):
    whole = FILES[data.draw(st.sampled_from(sorted(FILES)))]
    damaged = data.draw(st.one_of(mutated_bytes(whole), renumbered(whole)))
    read(damaged, data.draw(st.sampled_from(SCALES)))


@pytest.mark.parametrize("name", FILES)
def test_the_whole_files_are_read(name):
    scale = Scale(white=255.0) if "int" in name else Scale()
    assert decode_image(FILES[name], name, scale).shape[1:] == (34, 35)


@settings(derandomize=True, deadline=None, max_examples=150, database=None)
@given(data=st.data())
def test_a_damaged_image_is_refused_or_is_what_it_says(data):
    check(data)


@pytest.mark.slow
@settings(
    deadline=None,
    max_examples=5_000,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_many_damaged_images_are_refused_or_are_what_they_say(data):
    check(data)
