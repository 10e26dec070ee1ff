"""`bench noise NOISE` draws a picture and prints noisy PSNRs; `bench noise write` still writes."""

import json
from pathlib import Path

import numpy as np
import pytest
from bench import bench, bench_process, make_images
from PIL import Image


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2)
    return tmp_path


def test_a_noise_model_is_previewed_on_a_photograph_that_comes_with_the_suite(place: Path) -> None:
    done = bench("noise", "text:25", cwd=place)
    assert done.returncode == 0, done.stderr
    first, *levels, protocol, saved = done.stdout.splitlines()
    assert first == "astronaut.png: 512×512, colour; seed 0"
    assert [line.split()[0] for line in levels] == ["text:12.5", "text:25", "text:50"]
    assert protocol == "noisy PSNR of the whole image, not clipped"
    assert saved == "saved as noise-text_25.png"
    with Image.open(place / "noise-text_25.png") as image:
        assert image.width > 4 * 320


def test_the_noisy_psnr_is_that_of_a_run_and_options_stand_anywhere(place: Path) -> None:
    call = ("noise", "--image", "test/1.png", "gaussian:25", "--seed", "3", "--out", "here.png")
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    assert (place / "here.png").exists()
    head, _, asked, *_ = done.stdout.splitlines()
    assert head == "1.png: 48×48, gray; seed 3"
    run = bench(
        "run", "--method", "identity", "--datasets", "folder:test", "--seed", "3", cwd=place
    )
    assert run.returncode == 0, run.stderr
    (cell,) = (place / "results" / "cells").glob("*.json")
    (score,) = (s for s in json.loads(cell.read_text())["scores"] if s["image"] == "1.png")
    assert asked == f"gaussian:25    {score['noisy_psnr_db']:.2f} dB"


@pytest.mark.parametrize("image", ["test", "pairs:test:test"])
def test_of_a_folder_or_image_set_the_first_image_is_taken(place: Path, image: str) -> None:
    done = bench("noise", "impulse:0..100", "--image", image, cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0.png: 48×48, gray; seed 0\nimpulse:25 ")
    assert len(done.stdout.splitlines()) == 7
    assert (place / "noise-impulse_0..100.png").exists()


def test_files_of_any_kind_the_suite_reads_are_previewed(place: Path) -> None:
    np.save(place / "float.npy", np.linspace(0.0, 1.0, 16 * 24, dtype=np.float32).reshape(16, 24))
    done = bench("noise", "dropout:0.5", "--image", "float.npy", cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("float.npy: 24×16, gray")


def test_the_name_of_a_picture_may_hold_any_spec(place: Path) -> None:
    spec = "multivariate-gaussian:1:covariance=30/1/2/30/1/30"
    np.save(place / "colour.npy", np.full((16, 24, 3), 0.5, dtype=np.float32))
    done = bench("noise", spec, "--image", "colour.npy", cwd=place)
    assert done.returncode == 0, done.stderr
    assert f"\n{spec} " in done.stdout
    assert (place / "noise-multivariate-gaussian_1_covariance_30_1_2_30_1_30.png").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("multivariate-gaussian:75", "--image", "test"),
        (
            "write",
            "gaussian:25,multivariate-gaussian:75",
            "--datasets",
            "folder:test",
            "--out",
            "w",
        ),
    ],
)
def test_noise_of_colour_images_alone_is_refused_for_gray_ones(
    place: Path, arguments: tuple[str, ...]
) -> None:
    done = bench("noise", *arguments, cwd=place)
    assert done.returncode == 2
    assert "noise multivariate-gaussian:75 is of colour images alone, and " in done.stderr
    assert sorted(path.name for path in place.iterdir()) == ["test"]


def test_the_command_for_written_files_names_a_method_that_takes_their_noise(place: Path) -> None:
    noises = "gaussian:25,heteroscedastic:20..60:10"
    done = bench("noise", "write", noises, "--datasets", "folder:test", "--out", "w", cwd=place)
    assert done.returncode == 0, done.stderr
    told, blind = done.stdout.splitlines()
    assert told.startswith("bench run --method noise2score --noise gaussian:25 --datasets pairs:")
    assert blind == (
        "bench run --method noise2noise --noise heteroscedastic:20..60:10 --parameters unknown"
        " --datasets pairs:w/folder_test/noisy_heteroscedastic_20..60_10:w/folder_test/clean"
    )
    plan = bench(*blind.split()[1:], "--dry-run", "--train-set", "samples:part=train", cwd=place)
    assert plan.returncode == 0, plan.stderr


def test_help_explains_the_preview_and_write(place: Path) -> None:
    done = bench("noise", cwd=place)
    text = done.stdout + done.stderr  # click says it on stderr
    assert "bench noise text:25 --image photo.png" in text
    assert "bench noise write gaussian:25 --out noisy" in text
    preview = bench("noise", "gaussian:25", "--help", cwd=place).stdout
    assert "--image" in preview
    assert "whole image, unclipped" in " ".join(preview.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gausian:25",), "unknown noise model 'gausian'; did you mean 'gaussian'?"),
        (
            ("gaussian:25", "--image", "nowhere.png"),
            "unknown file, folder or data set 'nowhere.png",
        ),
        (("gaussian:25", "--image", "notes.txt"), "notes.txt is not a PNG, JPEG, BMP, TIFF or"),
        (("gaussian:25", "--image", "bad/broken.png"), "bad/broken.png cannot be read as an image"),
        (
            ("gaussian:25", "--image", "test", "--out", "no/p.png"),
            "no/p.png cannot be written",
        ),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    make_images(place, 1)
    (place / "notes.txt").write_text("no image")
    (place / "bad").mkdir()
    whole = (place / "test" / "0.png").read_bytes()
    (place / "bad" / "broken.png").write_bytes(whole[: len(whole) // 2])
    done = bench("noise", *arguments, cwd=place)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert not list(place.glob("noise-*"))


def test_a_preview_imports_no_torch(place: Path) -> None:
    check = "import atexit, sys; atexit.register(lambda: print('torch' in sys.modules)); "
    done = bench_process("noise", "text:25", "--image", "test", cwd=place, before=check)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False"
