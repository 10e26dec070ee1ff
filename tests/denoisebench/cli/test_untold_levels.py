"""An image that does not tell the noise level that a method needs: left out of the mean, counted
and named, in runs, ranks and what is made of stored results."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import bench, make_images
from PIL import Image

from denoisebench.execution.cost import COUNTED_PX
from denoisebench.results.journal import Unfinished
from denoisebench.results.store import read_cell

NOISE = ("--noise=poisson:0.05", "--parameters=unknown", "--source-noise=gaussian:5..50")
TV = ("run", "--method", "tv", *NOISE, "--datasets", "folder:test")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two images, and a black one, which Poisson noise leaves black."""
    make_images(tmp_path / "test", 2)
    Image.new("L", (48, 48)).save(tmp_path / "test" / "blank.png")
    return tmp_path


def cell_file(out: Path) -> Path:
    (path,) = (out / "cells").glob("*.json")
    return path


def scores(out: Path) -> dict[str, dict[str, Any]]:
    cell = json.loads(cell_file(out).read_text())
    return {s["image"]: {**s, "denoise_s": None} for s in cell["scores"]}


def test_it_is_left_out_counted_and_named_and_the_others_keep_their_scores(place: Path) -> None:
    done = bench(*TV, cwd=place)
    assert done.returncode == 0, done.stderr
    told = "1 of 3 images left out of the mean, whose noise level cannot be told: blank.png."
    assert told in " ".join(done.stdout.split())
    found = scores(place / "results")
    blank = found.pop("blank.png")
    assert (blank["psnr_db"], blank["ssim"], blank["level_estimate"]) == ("nan", "nan", None)
    (place / "test" / "blank.png").unlink()
    assert bench(*TV, "--out", "without", cwd=place).returncode == 0
    assert found == scores(place / "without")
    for name in ("csv", "json", "markdown", "latex", "html"):
        done = bench(
            "report", "--format", name, "--results", "results", "--out", f"r.{name}", cwd=place
        )
        assert done.returncode == 0, done.stderr
    (summary,) = json.loads((place / "r.json").read_text())["summary"]
    (kept,) = json.loads(bench(*TV, "--out=without", "--format=json", cwd=place).stdout)["summary"]
    assert (summary["images"], summary["left_out"]) == (3, 1)
    assert (summary["psnr_db"], summary["ssim"]) == (kept["psnr_db"], kept["ssim"])
    assert "nan" not in (place / "r.markdown").read_text() + (place / "r.latex").read_text()


def test_what_is_kept_of_the_others_is_whole_and_is_rescored(place: Path) -> None:
    keeping = (*TV, "--keep-estimates", "--save-arrays", "--save-images")
    assert bench(*keeping, cwd=place).returncode == 0
    written = cell_file(place / "results").stat().st_mtime_ns
    assert bench(*keeping, cwd=place).returncode == 0
    assert cell_file(place / "results").stat().st_mtime_ns == written  # nothing is missing
    done = bench("rescore", "--protocol", "noise2score", cwd=place)
    assert done.returncode == 0, done.stderr
    assert bench(*TV, "--protocol", "noise2score", "--out", "anew", cwd=place).returncode == 0
    rescored = place / "results" / "cells" / cell_file(place / "anew").name
    for one, other in zip(
        read_cell(rescored).scores, read_cell(cell_file(place / "anew")).scores, strict=True
    ):
        assert one.image == other.image
        np.testing.assert_equal((one.psnr_db, one.ssim), (other.psnr_db, other.ssim))


def test_an_interrupted_run_asks_it_again_and_keeps_the_others(place: Path) -> None:
    assert bench(*TV, cwd=place).returncode == 0
    path = cell_file(place / "results")
    result, whole = read_cell(path), scores(place / "results")
    path.unlink()
    journal = Unfinished(place / "results", result.cell, keep=True)
    for score in result.scores:
        if score.is_denoised:
            journal.add(score)
    assert bench(*TV, cwd=place).returncode == 0
    assert scores(place / "results") == whole


def test_a_set_in_which_no_image_tells_its_level_fails(place: Path) -> None:
    for name in ("0.png", "1.png"):
        (place / "test" / name).unlink()
    done = bench(*TV, cwd=place)
    assert done.returncode == 1
    assert "blank.png: its level of gaussian noise cannot be told (cannot tell: the" in done.stderr


def test_ranks_leave_it_out_of_the_methods_that_need_its_level(place: Path) -> None:
    """In given noisy images, so that `tv` takes the noise for Gaussian."""
    (place / "test").rename(place / "noisy")
    call = ("rank", "--methods", "identity,tv,tv:weight=0.5", "--datasets", "noisy:noisy")
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    told = "left out of the means: blank.png, whose noise level cannot be told by tv, tv:weight=0.5"
    assert told in done.stdout
    (of,) = json.loads(bench(*call, "--format", "json", cwd=place).stdout)
    counts = {s["method"]: s["images"] for s in of["standings"] if s["score"] == "masked_error"}
    assert counts == {"identity": 3, "tv": 2, "tv:weight=0.5": 2}
    (place / "blank").mkdir()
    (place / "noisy" / "blank.png").rename(place / "blank" / "blank.png")
    done = bench("rank", "--methods", "identity,tv", "--datasets", "noisy:blank", cwd=place)
    assert "blank.png: its level of gaussian noise cannot be told" in done.stderr


def test_a_network_is_counted_on_an_image_that_it_denoises(place: Path) -> None:
    (place / "test" / "blank.png").rename(place / "test" / "-blank.png")  # the first of all
    make_images(place / "bright", 1, side=96)
    make_images(place / "dark", 1, side=COUNTED_PX + 96)  # but for one corner, which is not counted
    with (
        Image.open(place / "dark" / "0.png") as dark,
        Image.open(place / "bright" / "0.png") as bright,
    ):
        dark.paste(0, (0, 0, *dark.size))
        dark.paste(bright, (COUNTED_PX, COUNTED_PX))
        dark.save(place / "dark" / "0.png")
    blind = ("--noise=poisson:0.05", "--parameters=unknown", "--source-noise=gaussian:5..55")
    run = ("run", "--method", "noise2score", "--weights", "zoo", *blind)
    for folder, counted in (("test", True), ("dark", False)):
        done = bench(*run, "--out", f"of_{folder}", "--datasets", f"folder:{folder}", cwd=place)
        assert done.returncode == 0, done.stderr
        result = read_cell(cell_file(place / f"of_{folder}"))
        assert (result.gmacs_per_mpx is not None) == counted
