"""`bench denoise` as a user types it."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import bench, file_size_limit

from denoisebench.files import sweep

RAMP = np.linspace(60.0, 190.0, 48)[:, None] + 20.0 * np.sin(np.arange(48) / 7.0)


def noisy(kind: str = "uint8", sigma: float = 10.0, count: int = 0) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = (count, *RAMP.shape) if count else RAMP.shape
    values = RAMP + rng.normal(0.0, sigma, shape)
    return (values if kind.startswith("float") else np.rint(values)).astype(kind)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the stack a.tif and the image b.npy."""
    stack = noisy("uint16", count=3)
    tifffile.imwrite(tmp_path / "a.tif", stack, imagej=True, metadata={"axes": "TYX"})
    np.save(tmp_path / "b.npy", noisy("float32"))
    return tmp_path


PLAIN = {"photometric": "minisblack", "metadata": None}
KINDS = {
    "imagej-T": {"imagej": True, "metadata": {"axes": "TYX", "unit": "um", "fps": 2.0}},
    "imagej-C": {"imagej": True, "metadata": {"axes": "CYX", "mode": "composite"}},
    "imagej-Z": {"imagej": True, "metadata": {"axes": "ZYX", "spacing": 0.5}},
    "ome": {"ome": True, "metadata": {"axes": "ZYX", "PhysicalSizeX": 0.16}},
    "big": {"bigtiff": True, **PLAIN},
    "lzw": {"compression": "lzw", "predictor": True, **PLAIN},
}


def told_by(path: Path) -> tuple[object, ...]:
    """Metadata of a TIFF but for the software and the places of the pixels."""
    with tifffile.TiffFile(path) as tiff:
        places = {270, 273, 279, 305, 324, 325}
        pages = [[(t.code, t.value) for t in p.tags if t.code not in places] for p in tiff.pages]
        series = [(s.axes, s.shape, s.kind) for s in tiff.series]
        imagej = {k: v for k, v in (tiff.imagej_metadata or {}).items() if k != "Info"}
        return pages, series, imagej, tiff.ome_metadata, tiff.is_bigtiff


def test_a_method_that_changes_nothing_changes_no_bit_and_no_metadata(tmp_path: Path) -> None:
    names = []
    for kind, options in KINDS.items():
        for dtype in ("uint8", "uint16", "float32", "int16"):
            if kind.startswith("imagej") and dtype == "int16":
                continue
            names.append(f"{kind}-{dtype}.tif")
            stack = noisy(dtype, count=2) - (100 if dtype == "int16" else 0)
            tifffile.imwrite(tmp_path / names[-1], stack.astype(dtype), **options)
    noise = ("--noise", "gaussian:10", "--unit", "adu")
    ran = bench("denoise", ".", "--method", "identity", *noise, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "copied" not in ran.stdout
    for name in names:
        before, after = tmp_path / name, tmp_path / "denoised" / name
        np.testing.assert_array_equal(tifffile.imread(after), tifffile.imread(before), name)
        assert told_by(after) == told_by(before), name


def test_detector_counts_of_16_bits_survive_the_transform(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(65536, dtype=np.uint16).reshape(256, 256))
    noise = ("--noise", "poisson-gaussian:2:3:100", "--unit", "adu")
    bench("denoise", "a.npy", "--method", "identity", *noise, cwd=tmp_path)
    made = np.load(tmp_path / "denoised" / "a.npy")
    np.testing.assert_array_equal(made, np.load(tmp_path / "a.npy"))


def test_odd_images_are_denoised_and_bad_ones_named_at_the_end(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shapes = [(1, 19), (23, 1), (1, 1), (2, 2), (31, 37)]
    for height, width in shapes:
        image = rng.integers(80, 120, (height, width)).astype(np.uint16)
        np.save(tmp_path / f"{height}x{width}.npy", image)
    flat = {"zeros": 0, "constant": 7, "saturated": 255}
    for name, value in flat.items():
        np.save(tmp_path / f"{name}.npy", np.full((40, 40), value, np.uint8))
    bad = noisy("float32", count=3)
    bad[1, 3, 4] = np.nan
    np.save(tmp_path / "nan.npy", bad)
    (tmp_path / "broken.tif").write_bytes(b"II*\0nothing")
    noise = ("--noise", "gaussian:10", "--unit", "adu")
    ran = bench("denoise", ".", "--method", "nlm", *noise, cwd=tmp_path)
    assert ran.returncode == 1
    *_, last = ran.stderr.splitlines()
    assert last == "2 of 10 files were not denoised: broken.tif, nan.npy"
    assert "nan.npy, Q=1 holds NaN" in ran.stderr
    for name in [*flat, *(f"{height}x{width}" for height, width in shapes)]:
        before, after = (np.load(tmp_path / d / f"{name}.npy") for d in (".", "denoised"))
        assert (before.shape, before.dtype) == (after.shape, after.dtype)
        if name in flat:
            np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--method nothing", "unknown method 'nothing'"),
        ("--noise nothing", "unknown noise model 'nothing'"),
        ("--noise gaussian:5..50", "give one level"),
        ("--noise gaussian:0 --unit adu", "in the numbers of the file"),
        ("--unit adu", "give --noise with it"),
        ("--scale 9:1", "give auto, dtype or LOW:HIGH"),
        ("--gain nan", "give a number above 0"),
        ("--offset inf", "give a number"),
        ("--memory 0", "give gigabytes above 0"),
        ("--memory 1e300", "give gigabytes above 0"),
        ("--weights .", "No such file"),
        ("--weights nothing.safetensors", "No such file"),
        ("--budget smoke", "give --weights train"),
        ("--skip --overwrite", "give one of them"),
        ("--weights train --method noise2noise", "one noisy copy of each image"),
        ("--weights train --method supervised", "one noisy copy of each image"),
        ("--weights train --method nlm", "learns nothing"),
        ("--weights train --budget nothing", "unknown budget 'nothing'"),
    ],
)
def test_options_that_fit_no_file_are_refused_in_one_line(
    here: Path, options: str, said: str
) -> None:
    ran = bench("denoise", "a.tif", "b.npy", *options.split(), cwd=here)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not (here / "denoised").exists()


def test_existing_files_are_listed_then_skipped_or_replaced(here: Path) -> None:
    command = ("denoise", "a.tif", "b.npy", "--method", "nlm")
    assert bench(*command, cwd=here).returncode == 0
    first = (here / "denoised" / "a.tif").read_bytes()
    refused = bench(*command, cwd=here)
    assert refused.returncode == 2
    assert "denoised/a.tif, denoised/b.npy exist already" in refused.stderr
    (here / "denoised" / "b.npy").unlink()
    (here / "denoised" / "a.tif.part").mkdir()
    told = bench(*command, "--skip", "--dry-run", cwd=here)
    assert "b.npy" in told.stdout
    assert "a.tif" not in told.stdout
    assert (here / "denoised" / "a.tif.part").exists()
    skipped = bench(*command, "--skip", cwd=here)
    assert "1 of 2 files are denoised already" in skipped.stderr
    assert "a.tif" not in skipped.stdout
    names = sorted(path.name for path in (here / "denoised").iterdir())
    assert names == ["a.tif", "a.tif.json", "b.npy", "b.npy.json"]
    assert bench(*command, "--overwrite", cwd=here).returncode == 0
    assert (here / "denoised" / "a.tif").read_bytes() == first


@pytest.mark.parametrize("kind", ["same folder", "symbolic link", "hard link", "another input"])
def test_no_image_is_ever_replaced(here: Path, kind: str) -> None:
    before, out, inputs = (here / "b.npy").read_bytes(), here / "out", ["b.npy"]
    out.mkdir()
    if kind == "same folder":
        out = here
    elif kind == "another input":
        np.save(out / "b.npy", noisy("float32"))
        inputs = ["b.npy", "a.tif", "out/b.npy"]
        (out / "a.tif").hardlink_to(here / "a.tif")
    elif kind == "hard link":
        (out / "b.npy").hardlink_to(here / "b.npy")
    else:
        (out / "b.npy").symlink_to(here / "b.npy")
    ran = bench("denoise", *inputs, "--out", str(out), "--overwrite", cwd=here)
    assert ran.returncode == 2
    assert "would replace the image" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert (here / "b.npy").read_bytes() == before


@pytest.mark.parametrize("kind", ["a file", "a folder of others"])
def test_a_folder_that_cannot_be_written_to_ends_the_work(here: Path, kind: str) -> None:
    said, before = "Not a directory", (here / "a.tif").read_bytes()
    if kind == "a file":
        (here / "out").write_bytes(b"")
    elif os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    else:
        said = "Permission denied"
        (here / "out").mkdir(mode=0o555)
    ran = bench("denoise", "a.tif", "b.npy", "--method", "nlm", "--out", "out", cwd=here)
    assert ran.returncode == 2
    assert f"cannot be written: {said}" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert (here / "a.tif").read_bytes() == before


def test_a_full_disk_ends_the_work_and_the_next_run_goes_on(here: Path) -> None:
    before = (here / "a.tif").read_bytes()
    command = ("denoise", "a.tif", "b.npy", "--method", "nlm")
    with file_size_limit(6_000):
        ran = bench(*command, cwd=here)
    assert ran.returncode == 2
    assert "cannot be written: File too large" in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert (here / "a.tif").read_bytes() == before
    assert not (here / "denoised" / "a.tif").exists()
    sweep(here / "denoised")
    assert bench(*command, cwd=here).returncode == 0
    assert (here / "a.tif").read_bytes() == before
    assert not list((here / "denoised").glob("*.part"))


def test_noise_stronger_than_the_image_is_doubted(here: Path) -> None:
    command = ("denoise", "a.tif", "--method", "nlm", "--noise", "gaussian:25")
    for options in (["--dry-run"], []):
        assert "give --unit adu" in bench(*command, *options, cwd=here).stdout
    told = bench(*command[:-1], "gaussian:900", "--unit", "adu", "--dry-run", cwd=here).stdout
    assert "give a lower level" in told


def test_sidecar_says_how_and_the_preview_shows_it(here: Path) -> None:
    bench("denoise", "b.npy", "--method", "nlm:h=0.8", "--preview", cwd=here)
    told = json.loads((here / "denoised" / "b.npy.json").read_text())
    assert told["channels"]["0"]["method"] == "nlm:h=0.8"
    assert told["channels"]["0"]["sigma"] == pytest.approx(10.0, rel=0.15)
    assert "b.npy" in (here / "denoised" / "preview.html").read_text()


@pytest.mark.slow
def test_own_training_is_shared_by_files_and_found_again(here: Path) -> None:
    command = ("denoise", "a.tif", "b.npy", "--weights", "train", "--budget", "smoke")
    first = bench(*command, "--out", "first", cwd=here)
    assert first.returncode == 0, first.stderr
    assert len(list((here / "results" / "trainings").iterdir())) == 1
    again = bench(*command, "--out", "again", cwd=here)
    assert "training" in first.stderr
    assert "training" not in again.stderr
    told = json.loads((here / "again" / "a.tif.json").read_text())["channels"]["0"]
    assert "noise2score trained on these images (transductive; " in told["denoiser"]
    assert told["denoiser"] in first.stdout
    assert told["weights_sha256"]
    (training,) = (here / "results" / "trainings").iterdir()
    by_folder = bench("denoise", "b.npy", "--weights", str(training), "--out", "folder", cwd=here)
    assert by_folder.returncode == 0, by_folder.stderr
    for name in ("a.tif", "b.npy"):
        assert (here / "first" / name).read_bytes() == (here / "again" / name).read_bytes()
