"""`white` and `black` of the user's own sets: one scale for the whole set, part of what it is."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from denoisebench.errors import UserError
from denoisebench.plugin.image_source import PackChoice
from denoisebench.specs import parse_spec
from denoisebench_datasets.packs.source import PackSource

RNG = np.random.default_rng(8)
CLEAN = [np.linspace(low, high, 80).reshape(8, 10) for low, high in ((300, 2000), (100, 4000))]
NOISY = [clean + RNG.normal(0, 80, clean.shape) for clean in CLEAN]


@pytest.fixture
def place(tmp_path, monkeypatch) -> Path:
    """counts/ and noisy/: two float images each, clean and noisy, of values up to 4000."""
    monkeypatch.chdir(tmp_path)
    for name, images in {"counts": CLEAN, "noisy": NOISY}.items():
        (tmp_path / name).mkdir()
        for number, image in enumerate(images):
            tifffile.imwrite(tmp_path / name / f"{number}.tif", image.astype(np.float32))
    return tmp_path


def opened(sources, text):
    return sources[text.partition(":")[0]].open(parse_spec(text))


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("text", ["folder:counts", "noisy:noisy", "pairs:noisy:counts"])
def test_counts_are_refused_and_scaled_where_white_is_given(sources, text):
    with pytest.raises(UserError, match=r"holds values from .*: append to the data set :white="):
        opened(sources, text).images[1].read()
    scaled = opened(sources, f"{text}:white=4100:black=100")
    assert scaled.spec == f"{text}:black=100:white=4100"
    loaded = [image.read() for image in scaled.images]
    noisy_alone = text.startswith("noisy")
    for image, values in zip(loaded, NOISY if noisy_alone else CLEAN, strict=True):
        np.testing.assert_allclose(image.clean[0], (values - 100) / 4000, rtol=1e-5, atol=1e-6)
    if text.startswith("pairs"):
        for image, values in zip(loaded, NOISY, strict=True):
            np.testing.assert_allclose(image.noisy[0], (values - 100) / 4000, rtol=1e-5, atol=1e-6)


@pytest.mark.usefixtures("place")
def test_an_automatic_white_is_one_for_the_set_and_of_pairs_that_of_the_clean_ones(sources):
    auto = opened(sources, "folder:counts:white=auto")
    assert auto.spec == "folder:counts:white=4000"
    assert auto.digest == opened(sources, "folder:counts:white=4000").digest
    assert [float(image.load().max()) for image in auto.images] == [0.5, 1.0]
    assert opened(sources, "pairs:noisy:counts:white=auto").spec == "pairs:noisy:counts:white=4000"
    top = max(float(image.astype(np.float32).max()) for image in NOISY)
    noisy = opened(sources, "noisy:noisy:white=auto")
    assert float(noisy.spec.rpartition("=")[2]) == pytest.approx(top, rel=1e-9)


@pytest.mark.usefixtures("place")
def test_another_scale_is_another_set(sources):
    texts = [f"folder:counts{o}" for o in ("", ":white=4000", ":white=4001", ":black=5:white=4000")]
    assert len({opened(sources, text).digest for text in texts}) == 4


@pytest.mark.usefixtures("place")
def test_the_luma_of_a_scaled_folder_is_scaled_too(sources):
    version = sources["folder"].version(parse_spec("folder:counts:white=4000"), 1)
    assert str(version) == "folder:counts:channels=gray:white=4000"


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("white=bright", "folder.white: 'bright' is not a number"),
        ("white=nan", "folder.white: 'nan' is not a number"),
        ("white=0", "folder.white: 0 is not above black=0"),
        ("black=10:white=5", "folder.white: 5 is not above black=10"),
        ("black=inf", "folder.black: 'inf' is not a number"),
        ("black=9000:white=auto", "counts: white=auto finds 4000, which is not above black=9000"),
    ],
)
def test_what_is_no_scale_is_refused(sources, options, said):
    with pytest.raises(UserError, match=said):
        opened(sources, f"folder:counts:{options}")


def test_no_one_white_is_given_to_8_bits_and_others(sources, place):
    tifffile.imwrite(place / "counts" / "8.tif", np.full((8, 10), 7, np.uint8))
    opened(sources, "folder:counts")
    with pytest.raises(UserError, match=r"8\.tif holds 8-bit values and .*0\.tif does not"):
        opened(sources, "folder:counts:white=4000")


def test_twelve_bits_in_sixteen_are_asked_about(sources, place):
    (place / "camera").mkdir()
    tifffile.imwrite(place / "camera" / "a.tif", CLEAN[1].astype(np.uint16))
    camera = opened(sources, "folder:camera")
    largest = float(camera.images[0].load().max())
    assert camera.remark(largest) == (
        "folder:camera: the largest value of all is 4000, of 65535; if these are 12-bit data, give"
        " :white=4095 with the set, or :white=auto"
    )
    assert opened(sources, "folder:camera:white=4095").remark(largest) == ""


def packed(place, **choice):
    source, out = PackSource(), place / "x.pack"
    out.unlink(missing_ok=True)
    return source.pack(place / "counts", out, PackChoice(1, **choice), lambda _progress: None)


def test_a_pack_is_scaled_when_it_is_made_and_its_digest_says_so(sources, place):
    with pytest.raises(UserError, match=r"no image of .* is left to pack .*say what is white"):
        packed(place)
    auto = packed(place, white="auto").image_set
    assert {image.change for image in auto.images} == {"black 0, white 4000"}
    folder = opened(sources, "folder:counts:white=4000")
    for image, of_folder in zip(auto.images, folder.images, strict=True):
        np.testing.assert_array_equal(image.load(), of_folder.load())
    assert auto.digest == folder.digest
    assert packed(place, white="4001", black=1.0).image_set.digest != auto.digest
    with pytest.raises(UserError, match="pack: white: 'x' is not a number"):
        packed(place, white="x")
