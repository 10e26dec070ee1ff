"""`pairs:NOISY_DIR:CLEAN_DIR`: given noisy images with their clean ones."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from denoisebench.errors import UserError
from denoisebench.images.verify import verify
from denoisebench.specs import parse_spec
from denoisebench_datasets.local.folder import FolderSource
from denoisebench_datasets.local.pairs import PairsSource

RNG = np.random.default_rng(5)
CLEAN = RNG.integers(0, 256, (8, 10), dtype=np.uint8)
NOISY = (CLEAN / 255 + RNG.normal(0.0, 0.1, CLEAN.shape)).astype(np.float32)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two pairs: clean PNG files, noisy .npy files."""
    for folder in ("noisy", "clean"):
        (tmp_path / folder).mkdir()
    for name in ("a", "b.1"):
        Image.fromarray(CLEAN).save(tmp_path / "clean" / f"{name}.png")
        np.save(tmp_path / "noisy" / f"{name}.npy", NOISY)
    return tmp_path


def open_pairs(place, options=""):
    return PairsSource().open(parse_spec(f"pairs:{place}/noisy:{place}/clean{options}"))


def ignore(_progress):
    pass


def test_files_are_paired_by_name_whatever_their_ending_and_floats_stay_as_they_are(place):
    image_set = open_pairs(place)
    assert [image.id for image in image_set.images] == ["a.png", "b.1.png"]
    assert image_set.channels == 1
    assert image_set.noisy_is_given
    for image in image_set.images:
        loaded = image.read()
        np.testing.assert_array_equal(loaded.clean[0] * 255, CLEAN)
        np.testing.assert_array_equal(loaded.noisy[0], NOISY)
    assert NOISY.min() < 0 < 1 < NOISY.max()
    assert verify(image_set, ignore) == []


def test_the_hashes_name_both_files_and_the_digest_both_contents(place):
    before = open_pairs(place)
    for folder, got in (
        ("clean/a.png", before.images[0].sha256),
        ("noisy/a.npy", before.images[0].noisy_sha256),
    ):
        assert got == hashlib.sha256((place / folder).read_bytes()).hexdigest()
    np.save(place / "noisy" / "a.npy", NOISY + np.float32(1e-3))
    assert open_pairs(place).digest != before.digest
    clean_alone = FolderSource().open(parse_spec(f"folder:{place}/clean"))
    assert clean_alone.digest != before.digest
    assert not clean_alone.noisy_is_given


def test_the_canonical_spec_opens_the_same_set_with_relative_paths_too(place, monkeypatch):
    whole = open_pairs(f"{place}/./x/..", ":channels=gray")
    assert whole.spec == f"pairs:{place}/noisy:{place}/clean:channels=gray"
    assert PairsSource().open(parse_spec(whole.spec)).digest == whole.digest
    monkeypatch.chdir(place)
    relative = PairsSource().open(parse_spec("pairs:./noisy/:clean"))
    assert relative.spec == "pairs:noisy:clean"
    assert relative.digest == whole.digest
    assert PairsSource().is_local(parse_spec("pairs:noisy:clean"))
    assert not PairsSource().is_local(parse_spec("pairs:noisy:none"))


def test_a_missing_partner_is_told_with_both_names(place):
    (place / "noisy" / "a.npy").unlink()
    with pytest.raises(UserError, match=r"clean/a\.png has no partner \S+noisy/a\.\*$"):
        open_pairs(place)
    (place / "clean" / "a.png").unlink()
    for name in ("c", "d", "e"):
        np.save(place / "noisy" / f"{name}.npy", NOISY)
    with pytest.raises(UserError, match=r"c\.npy has no partner .*c\.\* \(and 2 more have none"):
        open_pairs(place)


def test_two_files_that_differ_in_their_ending_are_told(place):
    np.save(place / "clean" / "a.npy", CLEAN)
    with pytest.raises(UserError, match=r"clean/a\.npy and \S+clean/a\.png differ in nothing but"):
        open_pairs(place)


@pytest.mark.parametrize(
    ("noisy", "told"),
    [
        (NOISY[:, :9], r"noisy/a\.npy is gray, 9×8 and \S+clean/a\.png is gray, 10×8; the two"),
        (np.stack([NOISY] * 3, axis=2), r"noisy/a\.npy is colour, 10×8 and \S+a\.png is gray"),
    ],
)
def test_a_pair_of_two_sizes_or_channels_is_told_with_both_names(place, noisy, told):
    np.save(place / "noisy" / "a.npy", noisy)
    with pytest.raises(UserError, match=told):
        open_pairs(place)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_pair_of_two_orientations_is_told_since_pixels_are_taken_as_stored(place, kind):
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    (place / "noisy" / "a.npy").unlink()
    Image.fromarray(CLEAN).save(place / "noisy" / f"a.{kind.lower()}", kind, exif=exif)
    with pytest.raises(UserError, match=r"noisy/a\.\w+ and \S+clean/a\.png have unlike orient"):
        open_pairs(place)
    Image.fromarray(CLEAN).save(place / "clean" / "a.png", exif=exif)
    open_pairs(place)


def make_colour(place, names):
    for name in names:
        Image.fromarray(CLEAN).convert("RGB").save(place / "clean" / f"{name}.png")
        np.save(place / "noisy" / f"{name}.npy", np.stack([NOISY] * 3, axis=2))


def test_gray_and_colour_pairs_do_not_make_one_set(place):
    make_colour(place, ["b.1"])
    with pytest.raises(UserError, match=r"a\.png is gray, .*b\.1\.png is colour.*make two sets"):
        open_pairs(place)


def test_the_luma_of_colour_pairs_is_refused(place):
    make_colour(place, ["a", "b.1"])
    colour = open_pairs(place, ":channels=colour")
    assert colour.channels == 3
    assert colour.images[0].read().noisy.shape == (3, 8, 10)
    with pytest.raises(UserError, match=r"a\.png is colour.*pairs are taken as stored"):
        open_pairs(place, ":channels=gray")
    with pytest.raises(UserError, match="colour images with given noise"):
        colour.gray("x")


def test_gray_pairs_are_their_own_gray_version_and_no_colour_set(place):
    gray = open_pairs(place, ":channels=gray").gray("x")
    np.testing.assert_array_equal(gray.images[0].read().noisy[0], NOISY)
    with pytest.raises(UserError, match="leave channels=colour out"):
        open_pairs(place, ":channels=colour")


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("pairs", "write pairs:NOISY_DIR:CLEAN_DIR"),
        ("pairs:a", "write pairs:NOISY_DIR:CLEAN_DIR"),
        ("pairs:a:b:c", "write pairs:NOISY_DIR:CLEAN_DIR"),
        ("pairs:/none/n:/none/c", "folder /none/n cannot be read: No such file"),
        ("pairs:a:b:channels=red", "pairs.channels is gray or colour, not 'red'"),
        ("pairs:a:b:channel=gray", "'channel'; did you mean 'channels'"),
    ],
)
def test_a_bad_spec_is_one_line(spec, reason):
    with pytest.raises(UserError, match=reason):
        PairsSource().open(parse_spec(spec))
