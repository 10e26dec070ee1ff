"""The verdict on a figure: agrees, higher, lower, and whether less training may explain it."""

import math
from dataclasses import replace
from functools import partial

import pytest
from published import SOUND

from denoisebench.plugin import PublishedFigure
from denoisebench.results.dataframe import frame
from denoisebench.results.summary import summarise
from denoisebench_reports.published import verdict as verdicts
from denoisebench_reports.published.verdict import differences, verdict

comparisons = partial(verdicts.comparisons, published=SOUND)

N2S = PublishedFigure(
    noise="gaussian:25",
    parameters="known",
    dataset="set12",
    method="noise2score",
    psnr_db=30.13,
    source="a paper",
    megapixels=39321.6,
    draws="fixed",
)
BLIND = replace(N2S, parameters="unknown", draws="fresh")
N2N = replace(N2S, method="noise2noise", megapixels=131072, draws="")
LAINE = replace(N2N, method="blindspot", protocol="nvlabs-1", draws="fresh")
UNSTATED = replace(N2S, megapixels=math.nan, draws="")


def unlike(figure, **ours):
    defaults = {"protocol": "float-1", "budget": "paper", "draws": "fixed"}
    return differences(figure, **{**defaults, **ours})


@pytest.mark.parametrize(
    ("difference_db", "words"),
    [
        (0.0, "agrees"),
        (30.23 - 30.13, "agrees"),  # a little over 0.1 in binary
        (30.03 - 30.13, "agrees"),
        (0.104, "agrees"),  # printed 0.10
        (0.106, "above"),
        (-0.106, "below"),
        (math.inf, "above"),
        (math.nan, ""),
    ],
)
def test_a_difference_in_words(difference_db, words):
    assert verdict(difference_db) == words


@pytest.mark.parametrize("reason", ["trained less", "fresh draws there"])
def test_what_ours_lacks_explains_a_lower_figure_alone(reason):
    assert verdict(-0.51, [reason]) == f"not comparable: {reason}"
    assert verdict(0.51, [reason]) == "above"
    assert verdict(0.05, [reason]) == "agrees"


@pytest.mark.parametrize("reason", ["trained more", "fresh draws here"])
def test_what_ours_has_beyond_theirs_explains_a_higher_figure_alone(reason):
    assert verdict(0.51, [reason]) == f"not comparable: {reason}"
    assert verdict(-0.51, [reason]) == "below"
    assert verdict(0.05, [reason]) == "agrees"


@pytest.mark.parametrize("reason", ["other protocol", "other images"])
@pytest.mark.parametrize("difference_db", [-0.51, 0.05, 0.51])
def test_other_rules_or_images_compare_with_nothing(reason, difference_db):
    assert verdict(difference_db, [reason]) == f"not comparable: {reason}"


def test_all_reasons_are_given_and_none_where_there_is_no_figure():
    both = ["trained less", "other protocol"]
    assert verdict(-0.51, both) == "not comparable: trained less, other protocol"
    assert verdict(0.51, both) == "not comparable: other protocol"
    assert verdict(math.nan, both) == ""


@pytest.mark.parametrize("budget", ["smoke", "quick", "zoo", "0.33 Mpx", "131 Mpx", "39000 Mpx"])
def test_a_smaller_budget_than_the_papers_is_less_training(budget):
    assert unlike(N2S, budget=budget) == ["trained less"]


@pytest.mark.parametrize("budget", ["paper", "39322 Mpx", "unknown", ""])
def test_an_equal_budget_is_no_difference_and_one_of_unknown_size_is_not_said_to_be(budget):
    assert unlike(N2S, budget=budget) == []


def test_a_larger_budget_than_the_papers_is_more_training():
    assert unlike(N2S, budget="39323 Mpx") == ["trained more"]
    assert unlike(N2N, budget="131072 Mpx") == []


def test_draws_differ_where_one_side_saw_new_noise_at_every_step():
    assert unlike(N2S, draws="fresh") == ["fresh draws here"]
    assert unlike(N2S, draws="fresh, gaussian:5..50") == ["fresh draws here"]
    assert unlike(BLIND) == ["fresh draws there"]
    assert unlike(BLIND, draws="fresh") == []
    assert unlike(N2S, draws="") == []  # nothing was drawn
    assert unlike(N2N, budget="", draws="fresh") == []  # theirs is not stated


def test_the_protocol_differs_where_theirs_is_one_of_ours_and_another():
    laine = {"budget": "", "draws": "fresh"}
    assert unlike(LAINE, **laine) == ["other protocol"]
    assert unlike(LAINE, **laine, protocol="nvlabs-1") == []
    assert unlike(N2S, protocol="nvlabs-1") == []


def test_images_that_were_changed_are_others():
    assert unlike(replace(UNSTATED, images="cropped")) == ["other images"]


def test_a_figure_of_another_spread_of_the_same_range_is_shown_and_not_judged(make_cell):
    place = {"method": "neighbor2neighbor", "dataset": "kodak", "protocol": "neighbor2neighbor-1"}
    log, even, level = summarise(
        frame(
            [
                make_cell([32.1], noise="gaussian:5..50", draws="fresh", **place),
                make_cell([32.1], noise="gaussian:5..50:spread=even", draws="fresh", **place),
                make_cell([32.1], noise="gaussian:30", draws="fresh", **place),
            ]
        )
    )
    assert [c.verdict for c in comparisons(log)] == ["not comparable: other spread"]
    assert [c.verdict for c in comparisons(even)] == ["agrees"]
    assert [c.figure.noise for c in comparisons(log)] == ["gaussian:5..50:spread=even"]
    assert comparisons(level) == []


def test_nothing_is_said_where_the_published_training_is_not_stated():
    assert unlike(UNSTATED, budget="quick") == []


def test_no_published_figure_stands_beside_a_self_ensemble(make_cell):
    cells = [make_cell([30.5], method=method) for method in ("noise2score", "noise2score (x8)")]
    alone, ensemble = summarise(frame(cells))
    assert [beside.verdict for beside in comparisons(alone)][:1] == ["above"]
    assert not comparisons(ensemble)


def test_the_published_figure_stands_beside(make_cell):
    ours, changed = summarise(
        frame([make_cell([30.0]), make_cell([30.0], method="noise2score:probe=single")])
    )
    (beside,) = comparisons(ours)
    assert beside.figure.psnr_db == 30.13
    assert beside.figure.source.startswith("Noise2Score")
    assert comparisons(changed) == []


def test_the_difference_from_the_published_figure_is_told_in_words(make_cell):
    cells = [make_cell([29.0, 30.0]), make_cell([30.03], budget="1049 Mpx")]
    quick, zoo = (comparisons(line)[0] for line in summarise(frame(cells)))
    assert quick.diff_db == pytest.approx(29.5 - 30.13)
    assert quick.verdict == "not comparable: trained less"
    assert zoo.verdict == "agrees"


def test_the_figures_of_all_papers_stand_beside_the_suites_first_source_first(make_cell):
    (line,) = summarise(frame([make_cell([28.58], method="bm3d", dataset="bsd68")]))
    assert [(b.figure.psnr_db, b.figure.source[:5], b.verdict) for b in comparisons(line)] == [
        (28.59, "Noise", "agrees"),
        (28.57, "DBSN ", "agrees"),
    ]


def test_a_figure_published_under_a_protocol_of_ours_is_told_from_one_under_another(make_cell):
    laine = {"method": "blindspot", "dataset": "kodak", "budget": ""}
    cells = [
        make_cell([32.45], **laine, protocol="nvlabs-1"),
        make_cell([32.45], **laine),
        make_cell([29.3], method="noise2noise", protocol="nvlabs-1", budget=""),
    ]
    same, other, unknown = (comparisons(line)[0] for line in summarise(frame(cells)))
    assert (same.figure.protocol, same.verdict) == ("nvlabs-1", "agrees")
    assert other.figure.protocol == "nvlabs-1"
    assert other.verdict == "not comparable: other protocol"
    assert (unknown.figure.protocol, unknown.verdict) == ("", "below")


def test_bm3d_as_measured_is_above_what_table_2_prints(make_cell):
    untrained = {"evidence": "nothing", "draws": "", "budget": "", "train_set": ""}
    measured = {
        ("bm3d", "gaussian:50", "set12"): 26.75,
        ("bm3d", "gaussian:25", "cbsd68"): 30.83,
        ("anscombe-bm3d", "poisson:0.01", "set12"): 31.73,
        ("anscombe-bm3d", "poisson:0.05", "set12"): 27.96,
    }
    cells = [
        make_cell([psnr_db], method=method, noise=noise, dataset=dataset, **untrained)
        for (method, noise, dataset), psnr_db in measured.items()
    ]
    lines = summarise(frame(cells))
    assert [comparisons(line)[0].figure.psnr_db for line in lines] == [26.33, 30.56, 31.20, 27.54]
    assert [comparisons(line)[0].verdict for line in lines] == ["above"] * 4
