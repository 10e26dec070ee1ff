"""`bench sweep`, from images on disk to the table and the figure, in small."""

import csv
import io
import math
import re
import shlex
from pathlib import Path

import pytest
from bench import bench, make_images
from PIL import Image

CALL = "sweep --method tv,identity --datasets folder:test --points 3"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 3)
    return tmp_path


def cells(place: Path) -> dict[Path, int]:
    """The results, with when they were written."""
    return {path: path.stat().st_mtime_ns for path in (place / "results" / "cells").iterdir()}


def drawn(svg: Path) -> list[str]:
    """Every text of an SVG."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg.read_text(encoding="utf-8"))


def body(table: str) -> list[list[str]]:
    """The rows beneath the rule, in words."""
    beneath = table.split("---\n")[1].split("\n\n")[0]
    return [line.split() for line in beneath.splitlines()]


def test_a_sweep_prints_a_row_per_level_and_draws_a_figure_under_out(place: Path) -> None:
    done = bench(*shlex.split(CALL), "--parameters", "unknown", cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("parameters unknown, protocol float-1\n\nfolder:test, 3 images")
    rows = body(done.stdout)
    assert [row[0] for row in rows] == ["5", "15.8", "50"]
    for level, noisy, psnr, half, gain, estimate, error, same, _, nothing in rows:
        assert float(psnr) - float(noisy) == pytest.approx(float(gain), abs=0.011)
        assert half.startswith("±")
        assert float(estimate) / float(level) - 1 == pytest.approx(
            float(error[:-1]) / 100, abs=0.03
        )
        assert float(noisy) == pytest.approx(20.0 * math.log10(255.0 / float(level)), abs=0.3)
        assert 0.0 <= float(nothing) < 1.0  # identity: what clipping alone gains
        assert float(same) == pytest.approx(float(noisy) + float(nothing), abs=0.011)
    (figure,) = (place / "results" / "sweeps").glob("*.png")
    assert figure.name.startswith("tv-identity-gaussian_5-gaussian_50-")
    assert figure.with_suffix(".txt").read_text() == done.stdout.removesuffix("\n")
    with Image.open(figure) as picture:
        assert min(picture.size) > 500
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20


def test_a_sweep_shares_its_cells_with_run_and_a_second_one_computes_nothing(place: Path) -> None:
    run = "run --method tv --source-noise gaussian:25 --noise gaussian:15.8 --datasets folder:test"
    assert bench(*shlex.split(run), cwd=place).returncode == 0
    (alone,) = cells(place).items()
    call = [*shlex.split(CALL), "--train-noise", "gaussian:25"]
    first = bench(*call, cwd=place)
    there = cells(place)
    assert len(there) == 6
    assert alone in there.items()
    (figure,) = (place / "results" / "sweeps").glob("*.png")
    drawn_first = figure.read_bytes()
    figure.unlink()
    again = bench(*call, cwd=place)
    assert again.stdout == first.stdout
    assert cells(place) == there
    assert figure.read_bytes() == drawn_first


def test_a_dry_run_lists_the_cells_and_leaves_nothing(place: Path) -> None:
    done = bench(*shlex.split(CALL), "--dry-run", cwd=place)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [*["cell"] * 6, "about"]
    assert not list((place / "results").rglob("*.*"))


def test_a_list_of_specs_is_a_grid_and_the_error_of_estimates_has_a_panel(place: Path) -> None:
    noises = ",".join(f"correlated:25:{blur}" for blur in ("0.5", "1", "2"))
    call = ["sweep", "--method", "tv", "--datasets", "folder:test", "--noise", noises]
    call += ["--train-noise", "gaussian:25", "--parameters"]
    done = bench(*call, "unknown", "--plot", "blur.svg", cwd=place)
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in body(done.stdout)] == ["0.5", "1", "2"]
    errors = [float(row[6][:-1]) for row in body(done.stdout)]
    assert errors == sorted(errors, reverse=True)  # the smoother the noise, the less is found
    assert errors[-1] < -50
    found = drawn(place / "blur.svg")
    assert {"x of correlated:25:x noise", "noisy", "tv", "0.5", "folder:test"} <= set(found)
    assert "estimated level (%)" in " ".join(found)
    told = bench(*call, "known", "--plot", "told.svg", cwd=place)
    assert "estimated level" not in " ".join(drawn(place / "told.svg"))
    assert "is scored by what was trained on" not in told.stderr


def test_poisson_noise_taken_for_gaussian_has_estimates_without_an_error(place: Path) -> None:
    call = ["sweep", "--method", "tv", "--datasets", "folder:test", "--points", "2"]
    call += ["--train-noise", "gaussian:25", "--noise", "poisson:0.005..0.1"]
    refused = bench(*call, cwd=place)
    assert refused.returncode == 2
    assert "give --parameters unknown" in refused.stderr
    done = bench(*call, "--parameters", "unknown", cwd=place)
    assert done.returncode == 0, done.stderr
    assert [row[0] for row in body(done.stdout)] == ["0.005", "0.1"]
    assert "est." in done.stdout
    assert "%" not in done.stdout.split("PSNR in dB")[0]


def test_the_reasons_for_declining_are_told_once(place: Path) -> None:
    call = ["sweep", "--method", "identity,tv", "--datasets", "folder:test", "--points", "4"]
    done = bench(*call, "--noise", "gamma:20..100", "--plot", "p.svg", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "tv declines gamma:20 known and 3 more: it is for gaussian, poisson and" in done.stderr
    assert "tv" not in drawn(place / "p.svg")


def test_another_format_gives_the_rows_of_a_comparison(place: Path) -> None:
    done = bench(*shlex.split(CALL), "--format", "csv", cwd=place)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["noise"] for row in rows if row["method"] == "tv"] == [
        *("gaussian:5", "gaussian:15.8", "gaussian:50")
    ]
    assert len(list((place / "results" / "sweeps").iterdir())) == 2


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("--plot f.pdf", "--plot f.pdf: give a file that ends in .png or .svg"),
        ("--noise gaussian:0..50", "--noise gaussian:0..50: a sweep begins at a level; the least"),
        ("--noise gausian:5..50", "unknown noise model 'gausian'; did you mean 'gaussian'?"),
        ("--train-noise gaussian:25,,", "has an empty item"),
        ("--points 1", "'1' is not in 2..1000"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_computed(
    place: Path, extra: str, message: str
) -> None:
    done = bench(*shlex.split(CALL), *shlex.split(extra), cwd=place)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "results" / "cells").exists()
