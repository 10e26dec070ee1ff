"""`NAME:size=S`: the images of a set resized, under a name and a digest of their own."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.overlap import refuse_overlap
from denoisebench.images.pixels import to_gray
from denoisebench.specs import Spec, parse_spec
from denoisebench_datasets.public.catalog import CatalogSource, Entry
from denoisebench_datasets.public.downloads import RemoteFile

LEVELS = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogSource:
    """A colour set of one image, in the user's own data."""
    stream = io.BytesIO()
    Image.fromarray(LEVELS).save(stream, "PNG")
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "a.png").write_bytes(stream.getvalue())
    monkeypatch.setenv("DENOISEBENCH_DATA", str(tmp_path))
    sha256 = hashlib.sha256(stream.getvalue()).hexdigest()
    return CatalogSource(
        Entry("tiny", COLOUR, "", "", "a/b@c"), (RemoteFile("tiny", "a.png", sha256, ""),)
    )


def test_a_resized_image_is_that_of_pillow_in_8_bits(tiny: CatalogSource) -> None:
    expected = Image.fromarray(LEVELS).resize((16, 16), Image.Resampling.BILINEAR)
    pixels = tiny.open(parse_spec("tiny:size=16")).images[0].load()
    assert pixels.dtype == np.float32
    assert np.array_equal(np.rint(pixels * 255), np.moveaxis(np.asarray(expected), 2, 0))
    assert np.array_equal(pixels, (np.rint(pixels * 255) / 255).astype(np.float32))


def test_another_size_is_another_set_that_still_shares_its_files(tiny: CatalogSource) -> None:
    whole, small = tiny.open(Spec("tiny")), tiny.open(parse_spec("tiny:size=16"))
    assert (whole.spec, small.spec) == ("tiny", "tiny:size=16")
    assert len({whole.digest, small.digest, tiny.open(parse_spec("tiny:size=17")).digest}) == 3
    assert tiny.open(parse_spec("tiny:size=0")).digest == whole.digest
    with pytest.raises(UserError, match="same file"):
        refuse_overlap(whole, small)


def test_the_gray_version_is_the_luma_of_the_resized_image(tiny: CatalogSource) -> None:
    spec = parse_spec("tiny:size=16")
    assert tiny.version(spec, GRAY) == parse_spec("tiny-gray:size=16")
    small = tiny.open(spec)
    gray = small.gray("tiny-gray:size=16")
    assert np.array_equal(gray.images[0].load(), to_gray(small.images[0].load()))
    assert gray.digest != small.digest


@pytest.mark.parametrize("size", ["-1", "big", "8193", "2147483648", "9" * 30])
def test_a_size_that_is_none_is_refused(tiny: CatalogSource, size: str) -> None:
    with pytest.raises(UserError, match=r"tiny\.size"):
        tiny.open(parse_spec(f"tiny:size={size}"))
