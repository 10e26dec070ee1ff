"""Ranks of methods, their ties, and how far two rankings agree: cases worked out by hand."""

import csv
import json
import math

import numpy as np
import pytest

from denoisebench.ranking.records import ImageRank, RankedMethod, read_ranked, write_ranked
from denoisebench.ranking.standings import agreement, kendall, spearman, standings
from denoisebench.ranking.table import render_csv, render_json, render_table

NAN = math.nan


def ranked(method, sures, psnrs=(), whiteness=0.1):
    psnrs = psnrs or (NAN,) * len(sures)
    images = tuple(
        ImageRank(str(i), 10.0 + s, whiteness, s, 25.0, p)
        for i, (s, p) in enumerate(zip(sures, psnrs, strict=True))
    )
    return RankedMethod("set", "gaussian:25", "known", method, "none", "", images)


GROUP = [
    ranked("poor", (9.0, 19.0, 29.0), (20.0, 19.0, 18.0), whiteness=0.3),
    ranked("good", (1.0, 11.0, 21.0), (30.0, 29.0, 28.0)),
    ranked("fair", (5.0, 15.0, 25.0), (29.5, 28.5, 27.0)),
]


def test_ranks_survive_the_disk_in_strict_json_and_an_earlier_null_is_read(tmp_path):
    path = tmp_path / "ranks" / "a.json"
    found = ranked("perfect", (1.0, NAN), (math.inf, 20.0))
    write_ranked(path, found)
    text = path.read_text(encoding="utf-8")
    assert '"nan"' in text
    assert '"inf"' in text
    assert repr(read_ranked(path)) == repr(found)
    path.write_text(text.replace('"nan"', "null"), encoding="utf-8")
    assert repr(read_ranked(path)) == repr(found)


def test_the_least_mean_is_first():
    assert [(s.mean, s.rank) for s in standings(GROUP, "sure")] == [(19.0, 3), (11.0, 1), (15.0, 2)]
    assert [s.rank for s in standings(GROUP, "psnr_db")] == [3, 1, 2]


def test_a_tie_is_one_of_paired_differences_not_of_means():
    # 4 apart on every image, while the images themselves are 10 apart: no tie.
    assert [s.tied for s in standings(GROUP, "sure")] == [False, False, False]
    close = [ranked("a", (1.0, 2.0, 3.0)), ranked("b", (1.0, 2.5, 2.9))]
    assert [(s.rank, s.tied) for s in standings(close, "sure")] == [(1, False), (2, True)]


def test_a_tie_is_one_with_the_best_whoever_is_ranked_between():
    """c is as far from a as b is, and b is not tied with a: c's tie with b would say nothing."""
    a, noise = np.array([1.0, 12.0, 23.0, 34.0]), np.array([1.0, -1.0, 1.0, -1.0])
    near, far = ranked("b", tuple(a + 2.0)), ranked("c", tuple(a + 2.1 + 0.3 * noise))
    wide = ranked("d", tuple(a + 3.0 + 4.0 * noise))
    found = standings([ranked("a", tuple(a)), near, far, wide], "sure")
    assert [(s.rank, s.tied) for s in found] == [(1, False), (2, False), (3, False), (4, True)]


def test_ties_hold_for_all_pairs_of_methods_together():
    """The interval of one pair leaves 0 out, that of three methods does not."""
    a, b = (1.0, 2.0, 3.0, 4.0), (1.725, 2.275, 3.725, 4.275)
    pair = [ranked("a", a), ranked("b", b)]
    assert [s.tied for s in standings(pair, "sure")] == [False, False]
    three = [*pair, ranked("c", (9.0, 9.0, 9.5, 9.0))]
    assert [s.tied for s in standings(three, "sure")] == [False, True, False]


def test_an_image_that_is_reproduced_exactly_is_left_out_of_the_true_psnr_and_named():
    group = [
        ranked("a", (1.0, 2.0, 3.0), (math.inf, 30.0, 32.0)),
        ranked("b", (1.0, 2.0, 3.0), (40.0, 31.0, 33.5)),
    ]
    a, b = standings(group, "psnr_db")
    assert (a.mean, a.images, a.rank) == (31.0, 2, 2)
    assert (b.images, b.rank) == (3, 1)
    text = render_table(group)
    assert "left out of the means of the true PSNR: 0, reproduced exactly by a" in text
    assert "inf " not in text


def test_the_interval_is_students():
    # 9, 19, 29: deviation 10, and t of 2 degrees of freedom at 97.5 % is 4.3027.
    (first, *_) = standings(GROUP, "sure")
    assert first.half_interval == pytest.approx(4.3027 * 10 / math.sqrt(3), rel=1e-4)


def test_what_has_no_score_has_no_rank_and_a_lone_image_is_left_out():
    group = [ranked("none", (NAN, NAN)), ranked("some", (NAN, 3.0)), ranked("all", (1.0, 2.0))]
    assert [(s.rank, s.images) for s in standings(group, "sure")] == [(None, 0), (2, 1), (1, 2)]


@pytest.mark.parametrize(
    ("x", "y", "rho", "tau"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1.0, 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0, -1.0),
        ([1, 2, 3, 4], [2, 1, 3, 4], 0.8, 2 / 3),  # 1 - 6·2/60; 5 pairs in order, 1 not
        ([1, 2, 3], [5, 5, 5], NAN, NAN),
    ],
)
def test_rank_correlations_of_small_cases(x, y, rho, tau):
    a, b = (np.array(v, dtype=np.float64) for v in (x, y))
    assert spearman(a, b) == pytest.approx(rho, nan_ok=True)
    assert kendall(a, b) == pytest.approx(tau, nan_ok=True)


def test_a_ranking_that_is_that_of_the_psnr_agrees_wholly():
    found = agreement(GROUP, "sure")
    assert found is not None
    assert (found.methods, found.first, found.first_loses_db) == (3, "good", 0.0)
    assert (found.spearman, found.kendall, found.spearman_image) == pytest.approx((1, 1, 1))


def test_a_wrong_first_costs_what_it_is_below_the_best():
    group = [*GROUP[:2], ranked("liar", (0.0, 0.0, 0.0), (25.0, 25.0, 25.0))]
    found = agreement(group, "sure")
    assert found is not None
    assert found.first == "liar"
    assert found.first_loses_db == pytest.approx(4.0)
    assert found.spearman == pytest.approx(0.5)


def test_without_references_nothing_is_compared():
    group = [ranked(name, (1.0 * i, 2.0)) for i, name in enumerate("abc")]
    assert agreement(group, "sure") is None
    text = render_table(group)
    assert "PSNR, truly" not in text
    assert "against PSNR" not in text
    assert agreement(GROUP[:2], "sure") is None  # two methods are no ranking


def test_csv_and_json_hold_the_table():
    rows = list(csv.DictReader(render_csv(GROUP).splitlines()))
    assert len(rows) == 3 * 4
    sure = {row["method"]: row for row in rows if row["score"] == "sure"}
    assert (sure["good"]["mean"], sure["good"]["rank"]) == ("11.0", "1")
    (only,) = json.loads(render_json([ranked("a", (NAN, 1.0))]))
    assert only["methods"][0]["images"][0]["sure"] is None
    assert only["standings"][2]["mean"] == 1.0


def test_the_table_shows_value_interval_rank_and_truth():
    text = render_table(GROUP)
    assert "set, 3 images, gaussian:25, parameters known" in text
    assert "11.00 ±24.84  1" in text
    assert "SURE takes σ = 25 (given)" in text
    assert "good, −0.00 dB" in text
