"""The order of columns, and the groups in which they stand."""

import itertools

from denoisebench.results.dataframe import frame
from denoisebench.results.summary import summarise
from denoisebench_reports.tables.columns import (
    Column,
    is_baseline,
    is_of_baseline,
    merged,
    table_columns,
)


def columns(cells):
    return table_columns(summarise(frame(cells)))[0]


def test_one_order_is_found_in_which_every_row_keeps_its_own():
    asked = ["bm3d", "anscombe-bm3d", "noise2void", "sure", "pure", "noise2score"]
    rows = [
        [method for method in asked if method not in declining]
        for declining in [("anscombe-bm3d", "pure"), ("bm3d", "sure"), ("sure", "pure", "bm3d")]
    ]
    order = merged(rows)
    assert sorted(order) == sorted(asked)
    for row in rows:
        assert [order.index(method) for method in row] == sorted(map(order.index, row))


def test_every_subset_of_pairs_gives_back_a_chain():
    chain = list("abcd")
    for pairs in itertools.permutations([["c", "d"], ["a", "b"], ["b", "c"]]):
        assert merged(pairs) == chain


def test_what_the_rows_leave_open_goes_by_first_appearance():
    assert merged([["b", "z"], ["a", "z"]]) == ["b", "a", "z"]


def test_rows_that_contradict_each_other_still_give_every_column_once():
    assert merged([["a", "b"], ["b", "a"], ["c"]]) in (["a", "b", "c"], ["c", "a", "b"])


def test_one_kind_of_parameters_has_no_groups_and_the_noisy_image_comes_first(make_cell):
    cells = [make_cell([30.0], method=method) for method in ("dbsn", "identity", "noise2void")]
    assert columns(cells) == [
        Column("", "", "identity"),
        Column("", "noisy", "dbsn"),
        Column("", "noisy", "noise2void"),
    ]


def test_two_kinds_are_two_groups_in_the_order_asked_and_the_noisy_image_is_in_neither(make_cell):
    methods = {"unknown": ("identity", "dbsn"), "known": ("identity", "bm3d", "dbsn")}
    cells = [
        make_cell([30.0], method=method, parameters=parameters)
        for parameters, those in methods.items()
        for method in those
    ]
    assert columns(cells) == [
        Column("", "", "identity"),
        Column("unknown", "noisy", "dbsn"),
        Column("known", "noisy", "bm3d"),
        Column("known", "noisy", "dbsn"),
    ]


def test_methods_stand_by_what_they_see_and_within_that_in_the_order_asked(make_cell):
    sees = {
        "supervised": "clean",
        "noise2score": "noisy",
        "noise2noise": "noisy-pairs",
        "dbsn:student=true": "unpaired",
        "blindspot": "noisy",
        "tv": "nothing",
        "identity": "nothing",
    }
    cells = [make_cell([30.0], method=m, evidence=evidence) for m, evidence in sees.items()]
    found = columns(cells)
    assert [column.name for column in found] == [
        *("identity", "tv", "noise2score", "blindspot", "noise2noise", "dbsn:student=true"),
        "supervised",
    ]
    assert [column.saw_clean for column in found] == [False] * 6 + [True]


def test_the_noisy_image_is_the_baseline_as_a_self_ensemble_too(make_cell):
    methods = ("identity (x8)", "noise2score (x8)", "noise2score:probe=single (x8)")
    cells = [make_cell([30.0], cell=name, method=name) for name in methods]
    assert [is_baseline(line) for line in summarise(frame(cells))] == [True, False, False]
    weights = [make_cell([30.0], method=methods[1], weights=name) for name in ("zoo:a", "none")]
    names = [column.name for column in columns(weights)]
    assert names == ["noise2score (x8):weights=zoo:a", "noise2score (x8):weights=none"]
    assert not any(map(is_of_baseline, names))
