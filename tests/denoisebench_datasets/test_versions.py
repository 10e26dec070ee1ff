"""Gray versions of image sets, found by their sources."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.image_set import ImageSet
from denoisebench.images.pixels import to_gray
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

PIXELS = np.random.default_rng(3).integers(0, 256, (8, 10, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[bool], str]:
    """The spec of a folder of one image, stored as gray or as colour."""

    def make(gray: bool) -> str:
        place = tmp_path / ("gray" if gray else "colour")
        place.mkdir(exist_ok=True)
        Image.fromarray(PIXELS[..., 0] if gray else PIXELS).save(place / "a.png")
        return f"folder:{place}"

    return make


@pytest.mark.parametrize(
    ("asked", "gray"),
    [
        ("kodak", "kodak-gray"),
        ("cbsd399", "cbsd399-gray"),
        ("samples", "samples-gray"),
        ("samples:part=train", "samples-gray:part=train"),
        ("samples:part=test", "samples-gray"),
        ("set12", "set12"),
        ("kodak-gray", "kodak-gray"),
    ],
)
def test_the_gray_version_of_a_set_is_the_set_of_that_name(
    registries: Registries, asked: str, gray: str
) -> None:
    version = registries.image_set(asked, GRAY)
    assert (version.spec, version.channels) == (gray, GRAY)
    assert version.digest == registries.image_set(gray).digest


def test_a_set_that_is_as_asked_keeps_its_name(
    registries: Registries, folder: Callable[[bool], str]
) -> None:
    for spec, channels in ((folder(True), GRAY), (folder(False), COLOUR), ("kodak", COLOUR)):
        version = registries.image_set(spec, channels)
        assert (version.spec, version.channels) == (spec, channels)


def test_the_gray_version_of_a_colour_folder_is_its_luma(
    registries: Registries, folder: Callable[[bool], str]
) -> None:
    spec = folder(False)
    version: ImageSet = registries.image_set(spec, GRAY)
    assert version.spec == f"{spec}:channels=gray"
    luma = to_gray(np.moveaxis(PIXELS, -1, 0).astype(np.float32) / np.float32(255.0))
    np.testing.assert_array_equal(version.images[0].load(), luma)


@pytest.mark.parametrize("spec", ["set12", "kodak-gray", "samples-gray:part=train"])
def test_a_gray_set_has_no_colour_version(registries: Registries, spec: str) -> None:
    with pytest.raises(UserError) as caught:
        registries.image_set(spec, COLOUR)
    assert str(caught.value) == (
        f"data set {spec} is gray and has no version for --channels colour; give a colour set"
    )


def test_a_gray_folder_has_no_colour_version(
    registries: Registries, folder: Callable[[bool], str]
) -> None:
    for options in ("", ":channels=gray"):
        with pytest.raises(UserError, match="is gray and has no version for --channels colour"):
            registries.image_set(folder(True) + options, COLOUR)
