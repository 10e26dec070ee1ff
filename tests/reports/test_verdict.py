"""The verdict on a figure: agrees, higher, lower, and whether less training may explain it."""

import math
from importlib.resources import files

import pytest

from denoisebench.budgets import BUDGETS
from denoisebench_reports import figures
from denoisebench_reports.verdict import trained_less, verdict

TABLE_2 = "Noise2Score (Kim & Ye, NeurIPS 2021), Table 2"


@pytest.mark.parametrize(
    ("difference_db", "words"),
    [
        (0.0, "agrees"),
        (30.23 - 30.13, "agrees"),  # a little over 0.1 in binary
        (30.03 - 30.13, "agrees"),
        (0.104, "agrees"),  # printed 0.10
        (0.106, "higher by 0.11 dB"),
        (1.42, "higher by 1.42 dB"),
        (-0.106, "lower by 0.11 dB"),
        (math.inf, "higher by inf dB"),
        (math.nan, ""),
    ],
)
def test_a_difference_in_words(difference_db, words):
    assert verdict(difference_db) == words


def test_only_a_lower_figure_is_excused_by_less_training():
    assert verdict(-0.51, less_trained=True) == "lower by 0.51 dB (trained less)"
    assert verdict(0.51, less_trained=True) == "higher by 0.51 dB"
    assert verdict(0.05, less_trained=True) == "agrees"


def test_another_protocol_is_said_of_every_verdict():
    assert verdict(0.05, other_protocol=True) == "agrees (other protocol)"
    assert verdict(0.51, less_trained=True, other_protocol=True) == (
        "higher by 0.51 dB (other protocol)"
    )
    assert verdict(-0.51, less_trained=True, other_protocol=True) == (
        "lower by 0.51 dB (trained less, other protocol)"
    )
    assert verdict(math.nan, other_protocol=True) == ""


@pytest.mark.parametrize("budget", ["smoke", "quick", "zoo", "131 Mpx", "39000 Mpx"])
def test_a_smaller_budget_than_the_papers_is_less_training(budget):
    assert trained_less(budget, TABLE_2, "noise2score")


@pytest.mark.parametrize("budget", ["paper", "39322 Mpx", "custom", "unknown", ""])
def test_an_equal_budget_is_not_less_and_one_of_unknown_size_is_not_said_to_be(budget):
    assert not trained_less(budget, TABLE_2, "noise2score")


def test_nothing_is_said_where_the_published_training_is_not_stated():
    assert not trained_less("quick", TABLE_2, "noise2void")
    assert not trained_less("quick", "", "noise2score")


def test_each_training_of_the_file_belongs_to_published_figures():
    text = (files("denoisebench_reports") / "trainings.csv").read_text(encoding="utf-8")
    stated = [line for line in text.splitlines()[3:] if line]
    assert stated
    for line in stated:
        source, method = line[1:].split('",')[0], line.split(",")[-2]
        name = next(n for n in figures.FILES if source in _published(n))
        assert f",{method}," in _published(name)


def _published(name):
    return (files("denoisebench_reports") / "published" / name).read_text(encoding="utf-8")


def test_noise2scores_own_training_is_the_budget_called_paper():
    assert not trained_less("paper", TABLE_2, "noise2score")
    assert trained_less(f"{BUDGETS['paper'].megapixels - 2:.0f} Mpx", TABLE_2, "noise2score")
