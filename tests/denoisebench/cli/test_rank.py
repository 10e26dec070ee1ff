"""`bench rank` as a user calls it."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import tifffile
from bench import bench, make_images
from PIL import Image

from denoisebench.own_images.intensity import Intensity
from denoisebench.own_images.own_ranking import LARGEST_PX, MOST_PLANES
from denoisebench.own_images.planes import ArrayPlanes
from denoisebench.own_images.series_noise import SeriesNoise
from denoisebench.own_images.shown_set import Seen, noisy_planes, shown_set
from denoisebench.own_images.treatment import Look

METHODS = "identity,wavelet,tv:weight=0.2,tv"
SMOKE = ("--steps", "2", "--batch", "2", "--crop", "32")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "clean", 2, side=64)
    written = bench(
        *("noise", "write", "gaussian:25", "--datasets", "folder:clean", "--out", "w"),
        cwd=tmp_path,
    )
    assert written.returncode == 0, written.stderr
    (tmp_path / "noisy").symlink_to(tmp_path / "w" / "folder_clean" / "noisy_25")
    return tmp_path


def ranks(stdout: str, score: str) -> dict[str, int]:
    (of,) = json.loads(stdout)
    return {s["method"]: s["rank"] for s in of["standings"] if s["score"] == score}


def test_noisy_images_alone_rank_as_their_clean_ones_do(place: Path) -> None:
    call = ("rank", "--methods", METHODS, "--noise", "gaussian:25", "--format", "json")
    alone = bench(*call, "--datasets", "noisy:noisy", cwd=place)
    assert alone.returncode == 0, alone.stderr
    assert set(ranks(alone.stdout, "psnr_db")) == set()
    assert "saved as results/rank.json" in alone.stderr
    truth = bench(*call, "--datasets", "folder:clean", cwd=place)
    assert truth.returncode == 0, truth.stderr
    assert ranks(truth.stdout, "psnr_db") == ranks(truth.stdout, "sure")
    assert ranks(alone.stdout, "sure") == ranks(truth.stdout, "sure")
    (first,), (second,) = json.loads(alone.stdout), json.loads(truth.stdout)
    for a, b in zip(first["methods"], second["methods"], strict=True):
        for one, other in zip(a["images"], b["images"], strict=True):
            assert one["sure"] == other["sure"]  # the same noisy pixels, so masks and probes
            assert one["masked_error"] == other["masked_error"]
    identity = second["methods"][0]["images"][0]
    assert identity["sure"] == pytest.approx(625.0, rel=1e-3)


def test_a_level_nobody_tells_is_estimated(place: Path) -> None:
    call = ("rank", "--datasets", "noisy:noisy", "--methods", "tv,wavelet", "--format", "json")
    for noise in ((), ("--noise", "gaussian"), ("--noise", "gaussian:25", "--parameters=unknown")):
        done = bench(*call, *noise, cwd=place)
        assert done.returncode == 0, done.stderr
        (of,) = json.loads(done.stdout)
        assert of["parameters"] == "unknown"
        levels = [image["sigma_255"] for image in of["methods"][0]["images"]]
        assert levels == pytest.approx([25.0, 25.0], rel=0.15)
        assert 25.0 not in levels


def test_what_was_ranked_is_not_computed_again(place: Path) -> None:
    call = ("rank", "--images", "noisy", "--methods", "identity,wavelet")
    first = bench(*call, cwd=place)
    (file, _) = sorted((place / "results" / "ranks").iterdir())
    assert "2/2" in first.stderr
    again = bench(*call, cwd=place)
    assert again.stdout == first.stdout
    assert "2/2" not in again.stderr
    assert bench(*call, "--dry-run", cwd=place).stdout.count(": done") == 2
    other = bench(*call, "--seed", "1", "--dry-run", cwd=place)
    assert ": done" not in other.stdout
    file.write_text("{}")
    broken = bench(*call, cwd=place)
    assert (broken.returncode, broken.stdout) == (2, "")
    assert f"{file.name} is damaged; delete it" in broken.stderr


def test_other_noise_has_no_sure_and_its_other_scores(place: Path) -> None:
    call = ("rank", "--datasets", "noisy:noisy", "--methods", "identity", "--noise=poisson")
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "noisy:noisy, 2 images, poisson:0.005..0.1, parameters unknown" in done.stdout
    assert "SURE: there is none, without a level of Gaussian noise" in done.stdout


def test_a_method_that_learns_is_trained_on_the_very_images(place: Path) -> None:
    methods = "noise2score,noise2noise,supervised"
    call = ("rank", "--datasets", "noisy:noisy", "--methods", methods, *SMOKE)
    planned = bench(*call, "--dry-run", cwd=place)
    assert planned.returncode == 0, planned.stderr
    assert "noise2score on test (transductive) in gray, gaussian:5..55" in planned.stdout
    assert not (place / "results").exists()
    assert "supervised declines" in planned.stderr
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    assert "trained on test (transductive)" in done.stdout
    assert len(list((place / "results" / "trainings").iterdir())) == 1


def test_weights_that_come_with_a_method_are_used_when_they_fit(place: Path) -> None:
    call = ("rank", "--datasets", "noisy:noisy", "--methods", "noise2score", "--dry-run")
    done = bench(*call, cwd=place)
    assert "training" not in done.stdout
    fresh = bench(*call, "--weights", "none", cwd=place)
    assert "training" in fresh.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give your noisy images as --images DIR, or image sets as --datasets D"),
        (("--images", "noisy", "--datasets", "samples"), "give your noisy images as --images"),
        (("--images", "nowhere"), "nowhere does not exist"),
        (("--images", "noisy", "--noise", "gausian"), "did you mean 'gaussian'?"),
        (("--images", "noisy", "--noise", "gaussian:5..50"), "give one level, or auto"),
        (("--images", "noisy", "--noise", "gamma:50"), "is for gaussian, poisson and poisson-"),
        (("--images", "small"), "no noise is found in any file: nothing to rank on"),
        (("--datasets", "noisy:noisy", "--noise=gaussian:5..50", "--parameters=known"), "a range"),
        (("--datasets", "noisy:small", "--methods", "identity"), "is 7×9 pixels; to rank, sides"),
        (("--datasets", "folder:clean", "--noise", "real"), "real noise cannot be drawn"),
        (("--images", "noisy", "--out", "clean/0.png"), "clean/0.png is a file; give a folder"),
        (("--images", "noisy", "--scale", "9:1"), "give auto, dtype or LOW:HIGH"),
        (("--images", "noisy", "--noise=gaussian:25", "--gain=2"), "leave --noise gaussian:25 out"),
        (("--images", "noisy", "--channel", "1"), "has channel 0 alone"),
        (("--datasets", "samples", "--axes", "TYX"), "--axes TYX is for --images; leave it out"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    (place / "small").mkdir()
    np.save(place / "small" / "a.npy", np.zeros((9, 7), np.float32))
    done = bench("rank", *arguments, cwd=place)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2


def test_images_without_references_are_not_scored(place: Path) -> None:
    done = bench("run", "--method", "tv", "--datasets", "noisy:noisy", cwd=place)
    assert done.returncode == 2
    assert "rank methods without: bench rank --datasets noisy:noisy" in done.stderr


@pytest.fixture
def cells(tmp_path: Path) -> Path:
    """my cells/: a series of 3 planes of a detector's counts in 16 bits, and no image."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64] / 64
    clean = 10.0 + 50.0 * (0.5 + 0.5 * np.sin(6 * rows) * np.cos(5 * columns))
    series = 2.0 * rng.poisson(clean, (3, 64, 64)) + rng.normal(100.0, 3.0, (3, 64, 64))
    (tmp_path / "my cells").mkdir()
    tifffile.imwrite(
        tmp_path / "my cells" / "a.tif",
        np.rint(series).astype(np.uint16),
        imagej=True,
        metadata={"axes": "TYX"},
    )
    return tmp_path


def test_a_series_is_ranked_as_it_is_denoised_and_ends_with_the_command(cells: Path) -> None:
    call = ("rank", "--images", "my cells", "--methods", "identity,tv,nlm")
    done = bench(*call, "--save-images", cwd=cells)
    assert done.returncode == 0, done.stderr
    assert "my cells/a.tif  TYX 3×64×64 uint16; noise Poisson-Gaussian: gain " in done.stderr
    assert "own gray images, 3 images, gaussian:25, parameters known" in done.stdout
    identity = next(line for line in done.stdout.splitlines() if line.startswith("identity"))
    assert "1.000 ±0.000" in identity  # SURE, in variances of the noise
    command = done.stdout.splitlines()[-1].strip()
    assert shlex.split(command)[:4] == ["bench", "denoise", "my cells", "--method"]
    assert (cells / "results" / "rank.txt").read_text().endswith(f"    {command}\n")
    pictures = sorted((cells / "results" / "pictures").rglob("*.png"))
    assert len(pictures) == 9
    assert Image.open(pictures[0]).size == (128, 64)  # noisy | denoised: there is no clean one
    denoised = bench(*shlex.split(command)[1:], cwd=cells)
    assert denoised.returncode == 0, denoised.stderr
    assert (cells / "my cells" / "denoised" / "a.tif").exists()
    (of,) = json.loads(bench(*call, "--format", "json", cwd=cells).stdout)
    assert of["denoise"] == command
    assert of["unit"] == "variances of the noise"
    errors = {m["method"]: m["images"][0]["masked_error"] for m in of["methods"]}
    assert all(0.7 < error < 1.6 for error in errors.values())


def test_files_are_read_as_denoise_reads_them_and_its_command_says_so(cells: Path) -> None:
    channels = np.stack([np.full((64, 64), 7, np.uint16)] * 3, axis=0)
    counts = tifffile.imread(cells / "my cells" / "a.tif")
    np.save(cells / "two.npy", np.stack([channels, counts], axis=1))
    told = ("--axes=TCYX", "--channel=1", "--gain=2", "--offset=100", "--scale=0:400")
    done = bench("rank", "--images", "two.npy", "--methods", "identity", *told, cwd=cells)
    assert done.returncode == 0, done.stderr
    assert "TCYX 3×2×64×64 uint16; noise Poisson-Gaussian: gain 2, offset 100," in done.stderr
    command = done.stdout.splitlines()[-1].strip()
    assert "--scale 0:400 --gain 2.0 --offset 100.0 --axes TCYX --channel 1" in command
    assert bench(*shlex.split(command)[1:], cwd=cells).returncode == 0


def test_bundled_weights_for_the_shown_level_are_ranked_too(cells: Path) -> None:
    done = bench("rank", "--images", "my cells/*.tif", "--dry-run", cwd=cells)
    assert done.returncode == 0, done.stderr
    assert "training" not in done.stdout
    ranked = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("rank ")]
    assert {"identity", "nlm", "noise2score", "noise2noise", "blindspot"} <= set(ranked)
    weak = ("--noise", "gaussian:0.01", "--methods", "noise2score,blindspot", "--dry-run")
    far = bench("rank", "--images", "my cells", *weak, cwd=cells)
    assert far.stdout.count("training ") == 1  # of blindspot, which has weights for one level


def test_the_weights_that_were_ranked_are_in_the_command_that_denoises(cells: Path) -> None:
    named = ("--methods", "noise2score", "--weights", "noise2score/gray-gaussian-blind")
    done = bench("rank", "--images", "my cells", *named, cwd=cells)
    assert done.returncode == 0, done.stderr
    command = done.stdout.splitlines()[-1].strip()
    assert command.endswith("--method noise2score --weights noise2score/gray-gaussian-blind")
    made = bench(*shlex.split(command)[1:], cwd=cells)
    assert made.returncode == 0, made.stderr
    assert "noise2score zoo:gray-gaussian-blind" in made.stdout
    found = bench("rank", "--images", "my cells", "--methods", "noise2score", cwd=cells)
    assert found.stdout.splitlines()[-1].strip() == "bench denoise 'my cells' --method noise2score"


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_ranked(cells: Path) -> None:
    (cells / "my cells" / "b.tif").write_text("no image")
    call = ("rank", "--images", "my cells", "--methods", "identity")
    done = bench(*call, cwd=cells)
    assert done.returncode == 1
    assert "b.tif is not a TIFF" in done.stderr
    assert "bench denoise 'my cells' --method identity" in done.stdout


def test_large_series_are_ranked_on_some_planes_and_their_middle() -> None:
    source = ArrayPlanes(np.random.default_rng(0).normal(size=(30, 520, 16)), None)
    look = Look(SeriesNoise("", sigma=1.0), Intensity(-3.0, 3.0))
    places = noisy_planes([Seen(source, "", {0: look})])
    images = shown_set("own", places, 1, 25.0, MOST_PLANES, side_px=LARGEST_PX).images
    assert [int(image.id.split("-")[0]) for image in images][::11] == [0, 29]
    assert len(images) == 12
    assert images[0].load().shape == (1, 512, 16)
    assert 255.0 * images[0].load().std() == pytest.approx(25.0, rel=0.05)
