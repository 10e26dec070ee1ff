"""`--keep-estimates` and `bench rescore`: what is scored again is what a run would have found."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench import bench, make_images

from denoisebench.results.store import read_cell, write_cell

TV = ("run", "--method", "tv", "--datasets", "folder:test")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2, seed=2)
    return tmp_path


@pytest.fixture
def kept(place: Path) -> Path:
    done = bench(*TV, "--keep-estimates", cwd=place)
    assert done.returncode == 0, done.stderr
    return place


def cells(out: Path) -> dict[str, dict[str, Any]]:
    """By protocol, every cell there is."""
    found = [json.loads(path.read_text()) for path in (out / "cells").glob("*.json")]
    assert len({cell["protocol"] for cell in found}) == len(found)
    return {cell["protocol"]: cell for cell in found}


def untimed(cell: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**score, "denoise_s": None} for score in cell["scores"]]


def psnr_db(text: str) -> float:
    (row,) = csv.DictReader(io.StringIO(text))
    return float(row["psnr_db"])


def test_an_estimate_is_kept_as_the_method_made_it(kept: Path) -> None:
    (cell,) = cells(kept / "results").values()
    folder = kept / "results" / "estimates" / cell["cell"] / "0"
    assert sorted(path.name for path in folder.iterdir()) == ["0.npy", "1.npy"]
    bench(*TV, "--save-arrays", cwd=kept)
    (denoised,) = (kept / "results" / "arrays").rglob("denoised")
    for name in ("0.npy", "1.npy"):
        estimate = np.load(folder / name)
        assert estimate.dtype == np.float32
        assert np.array_equal(estimate, np.load(denoised / name))


def test_a_cell_that_assumes_another_noise_says_so_and_is_scored_again(place: Path) -> None:
    assuming = (
        "--noise",
        "poisson:0.05",
        "--parameters",
        "unknown",
        "--source-noise",
        "gaussian:9",
    )
    done = bench(*TV, *assuming, "--keep-estimates", cwd=place)
    assert done.returncode == 0, done.stderr
    (cell,) = cells(place / "results").values()
    assert cell["draws"] == "assuming gaussian:5..55"
    done = bench("rescore", "--protocol", "noise2score", cwd=place)
    assert done.returncode == 0, done.stderr
    bench(*TV, *assuming, "--protocol", "noise2score", "--out", "again", cwd=place)
    rescored, again = cells(place / "results")["noise2score-1"], cells(place / "again")
    assert rescored["cell"] == again["noise2score-1"]["cell"]


@pytest.mark.parametrize(
    "protocol", ["noise2score", "float:estimate=truncated:border_px=3", "float:average=mse"]
)
def test_a_rescored_cell_is_the_one_that_a_run_would_have_computed(
    kept: Path, protocol: str
) -> None:
    again = bench("rescore", "--protocol", protocol, cwd=kept)
    assert again.returncode == 0, again.stderr
    assert again.stdout.endswith("(float-1): scored\n")
    anew = bench(*TV, "--protocol", protocol, "--out", "anew", "--format", "csv", cwd=kept)
    ours, (theirs,) = cells(kept / "results"), cells(kept / "anew").values()
    rescored = ours[theirs["protocol"]]
    assert rescored["cell"] == theirs["cell"]
    assert untimed(rescored) == untimed(theirs)
    assert rescored["provenance"]["rescored_from"] == ours["float-1"]["cell"]
    found = bench(*TV, "--protocol", protocol, "--format", "csv", cwd=kept)
    assert psnr_db(found.stdout) == psnr_db(anew.stdout)
    assert cells(kept / "results")[theirs["protocol"]] == rescored  # nothing was computed
    assert ": done before" in bench("rescore", "--protocol", protocol, cwd=kept).stdout


@pytest.mark.parametrize(
    ("protocol", "rule"),
    [("kair", "noise (each image has"), ("nvlabs", "before the noise (the image as it is |")],
)
def test_another_noisy_image_is_refused_by_the_rule_that_differs(
    kept: Path, protocol: str, rule: str
) -> None:
    done = bench("rescore", "--protocol", protocol, cwd=kept)
    assert done.returncode == 2
    assert f"float-1 and {protocol}-1 differ before the estimate, in {rule}" in done.stdout
    assert "estimate (" not in done.stdout  # what comes after it is no obstacle
    assert list(cells(kept / "results")) == ["float-1"]


def test_a_dry_run_says_what_would_be_scored_and_writes_nothing(kept: Path) -> None:
    done = bench("rescore", "--protocol", "noise2score", "--dry-run", cwd=kept)
    assert done.returncode == 0
    assert "tv on folder:test, gaussian:25, from" in done.stdout
    assert done.stdout.endswith("(float-1): would be scored\n")
    assert list(cells(kept / "results")) == ["float-1"]


def test_where_nothing_is_kept_the_way_to_keep_it_is_told(place: Path) -> None:
    bench(*TV, cwd=place)
    done = bench("rescore", "--protocol", "noise2score", cwd=place)
    assert done.returncode == 2
    assert "no estimates kept" in done.stderr
    assert "give --keep-estimates" in done.stderr


def test_a_file_that_is_not_what_was_scored_is_refused_and_a_lost_one_made_again(
    kept: Path,
) -> None:
    (path,) = (kept / "results" / "estimates").rglob("1.npy")
    good = path.read_bytes()
    np.save(path, np.load(path) * np.float32(0.99))
    done = bench("rescore", "--protocol", "noise2score", cwd=kept)
    assert done.returncode == 2
    assert f"{path.relative_to(kept)} is not the estimate that was scored" in done.stderr
    path.write_bytes(b"")
    done = bench("rescore", "--protocol", "noise2score", cwd=kept)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    path.unlink()
    done = bench("rescore", "--protocol", "noise2score", cwd=kept)
    assert "some of its estimates are missing" in done.stdout
    assert list(cells(kept / "results")) == ["float-1"]
    assert bench(*TV, "--keep-estimates", cwd=kept).returncode == 0
    assert path.read_bytes() == good


def test_images_or_code_that_changed_are_refused(kept: Path) -> None:
    (path,) = (kept / "results" / "cells").glob("*.json")
    make_images(kept / "test", 2, seed=5)
    done = bench("rescore", "--protocol", "noise2score", cwd=kept)
    assert "the images of folder:test are not those that were scored" in done.stdout
    make_images(kept / "test", 2, seed=2)
    write_cell(kept / "results", replace(read_cell(path), seed=1))
    done = bench("rescore", "--protocol", "noise2score", cwd=kept)
    assert "the code of tv is not that of its result" in done.stdout
