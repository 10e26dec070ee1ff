"""Stored results are chosen by what they are of, in the order asked for, the latest of a kind."""

import dataclasses
import os

import pytest
from a_result import RESULT

from denoisebench.errors import UserError
from denoisebench.results.selection import choose
from denoisebench.results.store import write_cell


def save(out, cell, written_at=0, **changes):
    path = write_cell(out, dataclasses.replace(RESULT, cell=cell, **changes))
    os.utime(path, (written_at, written_at))


def cells(out, **wanted):
    return [result.cell for result in choose(out, wanted).results]


@pytest.fixture
def out(tmp_path):
    save(tmp_path, "a", 3, method="tv", noise="gaussian:25")
    save(tmp_path, "b", 2, method="nlm:h=0.5", noise="gaussian:50")
    save(tmp_path, "c", 1, method="nlm", noise="poisson:0.01", dataset="kodak")
    return tmp_path


def test_without_a_wish_all_are_chosen_in_an_order_that_files_do_not_decide(out):
    assert cells(out) == ["a", "b", "c"]
    save(out, "0", 9, noise="gaussian:100", dataset="kodak")
    save(out, "1", 8, noise="gaussian:5..50", dataset="set12")
    save(out, "2", 7, noise="gaussian:50", dataset="set5")
    assert cells(out) == ["1", "a", "2", "b", "0", "c"]


def test_a_name_stands_for_all_its_specs_and_a_spec_for_itself(out):
    assert cells(out, method=["nlm"]) == ["b", "c"]
    assert cells(out, method=["nlm:h=0.5"]) == ["b"]
    assert cells(out, noise=["gaussian"]) == ["a", "b"]
    assert cells(out, noise=["gaussian:50", "gaussian:25"]) == ["b", "a"]


def test_a_spec_comes_at_its_own_place_and_not_at_that_of_its_name(out):
    assert cells(out, noise=["gaussian", "gaussian:50"]) == ["a", "b"]
    assert cells(out, method=["nlm:h=0.5", "nlm"]) == ["b", "c"]


def test_the_order_is_that_of_the_wishes(out):
    assert cells(out, method=["nlm", "tv"]) == ["b", "c", "a"]
    assert cells(out, dataset=["kodak", "set12"], method=["nlm"]) == ["c", "b"]


def test_what_no_result_has_is_told_with_the_nearest(out):
    with pytest.raises(UserError, match="unknown method among the results: 'nml'; did you mean"):
        choose(out, {"method": ["nml"]})
    with pytest.raises(UserError, match=r"no result under .* is of all that was asked for"):
        choose(out, {"method": ["tv"], "dataset": ["kodak"]})
    with pytest.raises(UserError, match="there are no results under"):
        choose(out / "nowhere", {})


def test_of_results_that_only_code_tells_apart_the_latest_counts(out):
    save(out, "d", 9, method="tv", noise="gaussian:25", peak_memory_mb=1.0, train_s=None)
    save(out, "e", 5, method="tv", noise="gaussian:25", provenance={})
    chosen = choose(out, {"method": ["tv"]})
    assert [result.cell for result in chosen.results] == ["d"]
    assert (chosen.failed, chosen.older) == (0, 2)


def test_seeds_and_protocols_are_no_such_results(out):
    save(out, "d", 9, method="tv", noise="gaussian:25", seed=1)
    save(out, "e", 10, method="tv", noise="gaussian:25", protocol="nvlabs-1")
    assert cells(out, method=["tv"]) == ["a", "d", "e"]


def test_failed_results_are_left_out_and_counted(out):
    save(out, "d", 9, method="tv", noise="gaussian:50", scores=(), error="out of memory")
    assert choose(out, {"method": ["tv"]}).failed == 1
    with pytest.raises(UserError, match="every result asked for failed, as tv: out of memory"):
        choose(out, {"method": ["tv"], "noise": ["gaussian:50"]})
