"""`bench rank` as a user calls it."""

import json
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images

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
    alone = bench(*call, "--images", "noisy", cwd=place)
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
    call = ("rank", "--images", "noisy", "--methods", "tv,wavelet", "--format", "json")
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
    done = bench("rank", "--images", "noisy", "--methods", "identity", "--noise=poisson", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "noisy:noisy, 2 images, poisson:0.005..0.1, parameters unknown" in done.stdout
    assert "SURE: there is none, without a level of Gaussian noise" in done.stdout


def test_a_method_that_learns_is_trained_on_the_very_images(place: Path) -> None:
    call = ("rank", "--images", "noisy", "--methods", "noise2score,noise2noise,supervised", *SMOKE)
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
    call = ("rank", "--images", "noisy", "--methods", "noise2score", "--dry-run")
    done = bench(*call, cwd=place)
    assert "training" not in done.stdout
    fresh = bench(*call, "--weights", "none", cwd=place)
    assert "training" in fresh.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give your noisy images as --images DIR, or image sets as --datasets D"),
        (("--images", "noisy", "--datasets", "samples"), "give your noisy images as --images"),
        (("--images", "nowhere"), "folder nowhere cannot be read"),
        (("--images", "noisy", "--noise", "gausian"), "did you mean 'gaussian'?"),
        (("--images", "noisy", "--noise", "gaussian:5..50", "--parameters=known"), "is a range"),
        (("--images", "small", "--methods", "identity"), "is 7×9 pixels; to rank, sides of 8 are"),
        (("--datasets", "folder:clean", "--noise", "real"), "real noise cannot be drawn"),
        (("--images", "noisy", "--out", "clean/0.png"), "clean/0.png is a file; give a folder"),
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
