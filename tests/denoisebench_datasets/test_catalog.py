"""The public sets: their tables, and, where they are at hand, their files."""

import re
import subprocess
import sys

import numpy as np
import pytest

from denoisebench.errors import UserError
from denoisebench.images.pixels import to_gray
from denoisebench.images.verify import verify
from denoisebench.specs import parse_spec
from denoisebench_datasets.public.catalog import ENTRIES
from denoisebench_datasets.public.tables import table

COUNTS = {
    "set12": 12,
    "bsd68": 68,
    "cbsd68": 68,
    "kodak": 24,
    "set14": 14,
    "set14-12": 12,
    "bsd300": 100,
    "cbsd400": 400,
    "cbsd399": 399,
    "polyu": 100,
    "cc15": 15,
    "fmd-confocal5": 5,
    "sidd-val5": 5,
}


def ignore(_progress):
    pass


def opened(sources, name):
    return sources[name].open(parse_spec(name))


def test_the_catalog_is_complete(sources):
    assert {entry.name for entry in ENTRIES} == set(COUNTS)
    for name, count in COUNTS.items():
        assert len(opened(sources, name).images) == count
        assert sources[name].licence
        assert re.fullmatch(
            r"https://github.com/[^/]+/[^/]+/tree/[0-9a-f]{40}", sources[name].source
        )


def test_every_colour_set_has_a_gray_version_of_the_same_files(sources):
    for name in COUNTS:
        whole = opened(sources, name)
        has_gray = whole.channels == 3 and not whole.noisy_is_given
        assert (f"{name}-gray" in sources) == has_gray
        if has_gray:
            gray = opened(sources, f"{name}-gray")
            assert (gray.spec, gray.channels) == (f"{name}-gray", 1)
            assert [i.sha256 for i in gray.images] == [i.sha256 for i in whole.images]
            assert [s.image for s in gray.shares] == [s.image for s in whole.shares]
            assert gray.digest != whole.digest


def test_cbsd399_is_cbsd400_without_the_image_that_set12_holds_a_crop_of(sources):
    all_images = {image.id for image in opened(sources, "cbsd400").images}
    assert {image.id for image in opened(sources, "cbsd399").images} == all_images - {"12003.jpg"}
    assert not opened(sources, "cbsd399").shares


def test_hashes_and_addresses_are_well_formed():
    for row in table("catalog.csv"):
        assert re.fullmatch("[0-9a-f]{64}", row["sha256"])
    for entry in ENTRIES:
        files = entry.files()
        assert (
            len({file.url for file in files}) == len({file.image for file in files}) == len(files)
        )
    folders = [
        row["path"].split("/")[-2] for row in table("catalog.csv") if row["set"] == "cbsd400"
    ]
    assert (folders.count("train"), folders.count("test")) == (200, 200)


def test_recorded_overlaps_are_read_in_both_directions(sources):
    (train,) = opened(sources, "cbsd400").shares
    set12 = opened(sources, "set12")
    (test,) = (share for share in set12.shares if share.other.startswith("cbsd400"))
    assert (train.image, train.other) == ("12003.jpg", "set12/04.png")
    assert (test.image, test.other) == ("04.png", "cbsd400/12003.jpg")
    assert train.how == test.how == "crop at row 7, column 109"
    sha256 = {image.id: image.sha256 for image in set12.images}
    assert train.other_sha256 == sha256["04.png"]
    partners = {share.other.split("/")[0] for share in opened(sources, "cbsd68").shares}
    assert partners == {"bsd68", "bsd300"}


def test_polyu_is_pairs_of_real_noise_without_a_gray_version(sources):
    polyu = opened(sources, "polyu")
    assert (polyu.noise, polyu.channels, polyu.has_reference) == ("real", 3, True)
    first = polyu.images[0]
    assert first.id == "Canon5D2_5_160_3200_chair_11"
    rows = {row["image"]: row for row in table("catalog.csv") if row["set"] == "polyu"}
    assert len(rows) == 200
    assert rows[f"{first.id}_mean.JPG"]["sha256"] == first.sha256
    assert rows[f"{first.id}_real.JPG"]["sha256"] == first.noisy_sha256
    assert rows[f"{first.id}_real.JPG"]["path"] == f"CroppedImages/{first.id}_real.JPG"
    assert sources["polyu"].version(parse_spec("polyu"), 1) is None


@pytest.mark.parametrize(
    ("name", "image", "noisy", "clean"),
    [
        (
            "cc15",
            "d800_iso6400_1",
            "Real_ccnoise_denoised_part/d800_iso6400_1_real.png",
            "Real_ccnoise_denoised_part/d800_iso6400_1_mean.png",
        ),
        ("fmd-confocal5", "mice", "Confocal_gaussianpoisson/mice.tif", "Confocal/mice.tif"),
        (
            "sidd-val5",
            "1068",
            "dataset/sidd_val_img/SIDD_noisy/1068.png",
            "dataset/sidd_val_img/SIDD_clean/1068.png",
        ),
    ],
)
def test_small_sets_of_real_noise_are_pairs(sources, name, image, noisy, clean):
    opened_set = opened(sources, name)
    assert (opened_set.noise, opened_set.has_reference) == ("real", True)
    (entry,) = (entry for entry in ENTRIES if entry.name == name)
    address = {file.sha256: file.url for file in entry.files()}
    (found,) = (each for each in opened_set.images if each.id == image)
    assert address[found.noisy_sha256].endswith(noisy)
    assert address[found.sha256].endswith(clean)
    assert sources[name].version(parse_spec(name), 1) is None


@pytest.mark.parametrize(("name", "psnr_db"), [("cc15", 33.41), ("fmd-confocal5", 29.64)])
def test_noisy_images_have_their_recorded_psnr(real_set, name, psnr_db):
    found = []
    for image in real_set(name).images:
        pair = image.read()
        found.append(-10.0 * np.log10(np.mean(np.square(pair.noisy - pair.clean))))
    assert np.mean(found) == pytest.approx(psnr_db, abs=0.005)


@pytest.mark.usefixtures("empty_machine")
def test_a_missing_noisy_file_says_how_to_get_it(sources):
    with pytest.raises(UserError, match=r"^polyu/.*_real\.JPG is not .* fetch polyu`$"):
        opened(sources, "polyu").images[0].load_noisy()


def test_the_real_noise_of_polyu_is_small_beside_its_images(real_set):
    image = real_set("polyu").images[0].read()
    assert image.clean.shape == image.noisy.shape == (3, 512, 512)
    assert 0.005 < float(np.std(image.noisy - image.clean)) < 0.05


@pytest.mark.usefixtures("empty_machine")
def test_open_needs_no_files_and_load_says_how_to_get_them(sources):
    image = opened(sources, "cbsd68-gray").images[0]
    assert not sources["cbsd68-gray"].is_local(parse_spec("cbsd68-gray"))
    with pytest.raises(UserError, match=r"^cbsd68/101085\.png is not .* fetch cbsd68-gray`$"):
        image.load()


def test_settings_are_refused(sources):
    for spec in ("kodak:part=train", "kodak:24"):
        with pytest.raises(UserError):
            sources["kodak"].open(parse_spec(spec))


def test_listing_the_sets_imports_nothing_heavy():
    code = (
        "import sys; from denoisebench_datasets import register_image_sets as sets;"
        "from denoisebench.specs import Spec;"
        "theirs = ('folder', 'noisy', 'pairs', 'pack');"
        "[s.open(Spec(s.name)) for s in sets() if s.name not in theirs];"
        "print({'torch', 'pandas', 'PIL', 'tifffile', 'imagecodecs', 'skimage', 'pooch'}"
        " & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["set12", "set14", "kodak", "cc15", "fmd-confocal5", "sidd-val5"])
def test_the_real_files_are_the_recorded_ones(real_set, name):
    assert verify(real_set(name), ignore) == []


def test_set14_holds_a_gray_file_repeated_to_three_channels(real_set):
    image = next(image for image in real_set("set14").images if image.id == "bridge.bmp")
    bridge = image.load()
    np.testing.assert_array_equal(bridge, np.repeat(bridge[:1], 3, axis=0))
    np.testing.assert_array_equal(to_gray(bridge), bridge[:1])


def test_set14_12_is_set14_without_its_two_gray_images(sources):
    whole, twelve = (
        [image.id for image in opened(sources, name).images] for name in ("set14", "set14-12")
    )
    assert [name for name in whole if name not in twelve] == ["bridge.bmp", "man.bmp"]
    assert {share.image for share in opened(sources, "set14-12").shares} <= set(twelve)
