"""The grid of a sweep, its axis, and the points that results make."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench import make_images
from scipy import stats

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.planning.request import Request
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.sweeps.curves import axis_of, common, curves_of, words
from denoisebench.sweeps.plan import Sweep, grid, plan_sweep
from denoisebench.sweeps.table import render_sweep

PSNR_DB = (30.0, 31.5, 29.0, 34.0)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> Request:
    """Filters and the blind-spot denoiser, whose weights come with it, at two levels."""
    folder = make_images(tmp_path_factory.mktemp("sweep") / "test", len(PSNR_DB))
    return Request(
        methods=("blindspot", "tv"),
        noises=("gaussian:5..50",),
        parameters=("known",),
        datasets=(f"folder:{folder}",),
        train_sets=("cbsd399",),
        draws="fixed",
        budget=get_budget("smoke", None, None, None),
        weights="auto",
        seeds=(0,),
    )


def texts(asked: str, points: int, registries: Registries) -> list[str]:
    return [str(noise) for noise in grid(asked.split(","), points, registries)]


def result(
    cell: str, psnr_db: tuple[float, ...] = PSNR_DB, estimates: tuple[float, ...] = ()
) -> CellResult:
    """Made-up scores; the noisy images have 20 dB, their level is 10."""
    scores = tuple(
        ImageScore(
            *(f"{number}", 0, value, 0.8, 20.0, 10.0),
            estimates[number] if estimates else None,
            *(0.5, 0.25, "ab" * 32),
        )
        for number, value in enumerate(psnr_db)
    )
    texts = ("m", "n", "known", "d", "float-1", "noisy", "fixed")
    plain = (*texts, 0, "t", "b", "w", "t", *[None] * 4)
    return CellResult(cell, *plain, True, scores, {})


def planned(request: Request, registries: Registries, *train_noises: str | None) -> Sweep:
    return plan_sweep(request, train_noises, 2, registries)


def ids(sweep: Sweep, method: str) -> list[str]:
    return [cell.id for cell in sweep.plan.cells if cell.method.name == method]


def test_a_range_stands_for_levels_that_lie_in_it_log_evenly_both_ends_among_them(registries):
    assert texts("gaussian:5..50", 3, registries) == ["gaussian:5", "gaussian:15.8", "gaussian:50"]
    levels = [noise.low for noise in grid(["poisson:0.005..0.1"], 8, registries)]
    assert (levels[0], levels[-1]) == (0.005, 0.1)
    assert np.diff(np.log(levels)) == pytest.approx(math.log(20) / 7, rel=0.02)
    assert texts("gaussian:5.1234..50.4321", 2, registries) == [
        *("gaussian:5.1234", "gaussian:50.4321")
    ]


def test_a_range_of_shares_stands_for_levels_that_lie_evenly(registries):
    assert texts("dropout:0..0.5", 3, registries) == ["dropout:0", "dropout:0.25", "dropout:0.5"]


def test_a_list_is_a_grid_as_it_stands_each_noise_once(registries):
    asked = "gaussian:25,correlated:25:0.5,gaussian:5..25"
    assert texts(asked, 2, registries) == ["gaussian:25", "correlated:25:0.5", "gaussian:5"]


def test_a_range_from_0_is_refused_where_0_is_no_level(registries):
    with pytest.raises(UserError, match=r"--noise gaussian:0\.\.50: .* gaussian noise is 0\.01"):
        texts("gaussian:0..50", 3, registries)


def test_the_axis_is_the_level_the_number_behind_it_or_the_specs(registries):
    levels = axis_of(grid(["gaussian:5..50"], 3, registries))
    assert (levels.symbol, levels.values, levels.logarithmic) == ("σ", (5.0, 15.8, 50.0), True)
    assert not axis_of(grid(["impulse:0..50"], 3, registries)).logarithmic
    blurs = axis_of(grid(["correlated:25:0.5", "correlated:25:2"], 3, registries))
    assert (blurs.values, blurs.texts) == ((0.5, 2.0), ("0.5", "2"))
    assert blurs.title == "x of correlated:25:x noise"
    other = axis_of(grid(["gaussian:25", "correlated:25:2"], 3, registries))
    assert (other.values, other.texts) == ((0.0, 1.0), ("gaussian:25", "correlated:25:2"))
    fixed_blur = axis_of(grid(["correlated:5..50:2"], 3, registries))
    assert fixed_blur.title.startswith("σ of correlated:σ:2 noise")


def test_a_curve_says_what_was_trained_and_a_filter_has_one_curve(request_, registries):
    sweep = planned(request_, registries, "gaussian:25", "gaussian:15")
    curves = curves_of(sweep, [])
    assert [words(curve, curves) for curve in curves] == [
        ["blindspot", "trained on gaussian:25"],
        ["blindspot", "trained on gaussian:15"],
        ["tv"],
    ]
    assert common(curves) == "parameters known, protocol float-1"
    assert len(ids(sweep, "tv")) == 2
    axis = axis_of(sweep.noises)
    assert [axis.trained_at(one) for one in sweep.series] == [25.0, 15.0, None]
    (matched,) = planned(replace(request_, methods=("blindspot",)), registries, None).series
    assert (matched.learns, matched.trained_on) == (True, None)
    both = replace(request_, methods=("tv",), parameters=("known", "unknown"))
    pair = curves_of(planned(both, registries, "gaussian:25"), [])
    assert [words(curve, pair) for curve in pair] == [
        ["tv", f"parameters {kind}"] for kind in ("known", "unknown")
    ]


def test_a_filter_has_a_curve_for_each_family_that_it_assumes(request_, registries):
    asked = replace(
        request_, methods=("identity",), noises=("gaussian:5..50",), parameters=("unknown",)
    )
    sweep = planned(asked, registries, "gaussian:25", "gaussian:15", "poisson:0.05")
    curves = curves_of(sweep, [])
    assert [words(curve, curves) for curve in curves] == [
        ["identity"],
        ["identity", "assuming poisson:0.005..0.1"],
    ]
    assert len(set(ids(sweep, "identity"))) == 4


def test_a_point_is_the_mean_over_images_with_its_interval(request_, registries):
    sweep = planned(request_, registries, "gaussian:25")
    low, high = ids(sweep, "blindspot")
    made = [result(low, estimates=(11.0, 9.0, 12.0, 12.0)), result(high, (25.0,) * 4)]
    blindspot, tv = curves_of(sweep, made)
    assert tv.points == (None, None)
    first, second = blindspot.points
    assert first is not None
    assert second is not None
    bounds = stats.t.interval(0.95, 3, np.mean(PSNR_DB), stats.sem(PSNR_DB))
    assert first.psnr_db == pytest.approx(31.125)
    assert 2 * first.half_db == pytest.approx(bounds[1] - bounds[0])
    assert first.gain_db == pytest.approx(11.125)
    assert (first.estimate, first.error) == pytest.approx((11.0, 0.1))
    assert first.error_half == pytest.approx(
        stats.t.ppf(0.975, 3) * stats.sem([0.1, -0.1, 0.2, 0.2])
    )
    assert math.isnan(second.estimate)
    assert (second.psnr_db, second.half_db) == (25.0, 0.0)


@pytest.mark.parametrize("left_out", [math.inf, math.nan])
def test_an_image_without_a_finite_psnr_is_left_out_of_a_point_and_told(
    request_, registries, left_out
):
    sweep = planned(request_, registries, "gaussian:25")
    made = result(ids(sweep, "tv")[0], (30.0, left_out, 32.0, 31.0))
    curves = curves_of(sweep, [made])
    point = curves[1].points[0]
    assert point is not None
    assert (point.psnr_db, point.gain_db, point.left_out) == (31.0, 11.0, 1)
    text = render_sweep(curves, axis_of(sweep.noises))
    assert not re.search(r"\b(inf|nan)\b", text)
    assert "left out of the means, reproduced exactly, or whose noise level" in text
    assert "1 of 4." in text


def test_repeats_of_an_image_do_not_narrow_the_interval(request_, registries):
    sweep = planned(request_, registries, "gaussian:25")
    once = result(ids(sweep, "tv")[0])
    again = [replace(score, repeat=1, psnr_db=score.psnr_db + 1.0) for score in once.scores]
    twice = replace(once, scores=(*once.scores, *again))
    (first, second) = (curves_of(sweep, [made])[1].points[0] for made in (once, twice))
    assert first is not None
    assert second is not None
    assert second.half_db == pytest.approx(first.half_db)
    assert second.psnr_db == pytest.approx(first.psnr_db + 0.5)
    assert second.images == 4


def test_an_estimate_in_another_unit_has_no_error_and_a_failed_cell_is_a_gap(request_, registries):
    asked = replace(
        request_, methods=("noise2score",), noises=("poisson:0.01..0.1",), parameters=("unknown",)
    )
    sweep = planned(asked, registries, "gaussian:5..55")
    low, high = ids(sweep, "noise2score")
    failed = replace(result(high), scores=(), error="no luck")
    (curve,) = curves_of(sweep, [result(low, estimates=(20.0,) * 4), failed])
    point, gap = curve.points
    assert gap is None
    assert point is not None
    assert point.estimate == 20.0
    assert math.isnan(point.error)
    assert (curve.estimates, curve.errors) == (True, False)


def test_noise_that_is_given_cannot_be_swept(request_, registries, tmp_path: Path):
    make_images(tmp_path / "noisy", 2)
    make_images(tmp_path / "clean", 2)
    pairs = f"pairs:{tmp_path / 'noisy'}:{tmp_path / 'clean'}"
    asked = replace(request_, methods=("tv",), datasets=(pairs,))
    with pytest.raises(UserError, match="there is no other noise to sweep"):
        planned(asked, registries, None)


def test_a_protocol_that_averages_errors_cannot_be_swept(request_, registries):
    asked = replace(request_, methods=("tv",), protocols=("float:average=mse",))
    with pytest.raises(UserError, match="averages errors and a sweep averages dB"):
        planned(asked, registries, None)


def test_a_table_that_is_wider_than_the_terminal_is_printed_in_parts_of_whole_curves(
    request_, registries
):
    sweep = planned(request_, registries, "gaussian:25")
    made = [result(id_) for method in ("tv", "blindspot") for id_ in ids(sweep, method)]
    curves, axis = curves_of(sweep, made), axis_of(sweep.noises)
    whole, fitted = render_sweep(curves, axis), render_sweep(curves, axis, 50)
    assert max(map(len, whole.splitlines())) > 50
    lines = [line for line in fitted.splitlines() if not line.startswith("folder:")]  # a path
    assert max(map(len, lines)) <= 50
    assert "In 2 parts to fit 50 columns; --wide prints it whole." in " ".join(fitted.split())
    for head in ("tv", "PSNR", "gain"):
        assert fitted.split().count(head) == whole.split().count(head)
    assert set(re.findall(r"\d+\.\d\d", whole)) == set(re.findall(r"\d+\.\d\d", fitted))
