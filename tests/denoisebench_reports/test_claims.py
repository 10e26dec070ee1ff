"""What is concluded from a paper's table: the verdict of a cell, of a claim, and the page."""

from dataclasses import replace

import pytest
from a_result import results_of
from table2_page import section

from denoisebench_reports.paper_tables.cells import fill, read_paper
from denoisebench_reports.paper_tables.claims import FAILS, HOLDS, OPEN, UNEQUAL, judge
from denoisebench_reports.paper_tables.claims_page import render_claims
from denoisebench_reports.paper_tables.definition import Claim, Column, definition

TABLE = "noise2score_table2"
KNOWN, VOID = Column("known", "noise2score"), Column("known", "noise2void")
ABOVE = Claim("above", "It is above.", KNOWN, (VOID,))
BASE = [28.0, 29.0, 30.0, 31.0]


@pytest.fixture
def judged_of(make_cell):
    """A claim judged on cells, each made with an id and a training of its own."""

    def make(claim, *changes):
        cells = [
            make_cell(**{"cell": f"c{n}", "training": f"7ea{n}", "psnr_db": BASE, **change})
            for n, change in enumerate(changes)
        ]
        results = results_of(cells)
        paper = read_paper(definition(TABLE), results.published, results.protocols)
        return judge(fill(paper, results), claim)

    return make


def above_by(differences):
    return [psnr_db + by for psnr_db, by in zip(BASE, differences, strict=True)]


@pytest.mark.parametrize(
    ("differences", "within_db", "verdict"),
    [
        ([0.5, 0.6, 0.5, 0.4], 0.0, HOLDS),
        ([-0.5, -0.6, -0.5, -0.4], 0.0, FAILS),
        ([0.5, -0.5, 0.6, -0.4], 0.0, OPEN),
        ([-0.2, -0.25, -0.2, -0.15], 0.3, HOLDS),
        ([-0.5, -0.6, -0.5, -0.4], 0.3, FAILS),
        ([-0.1, -0.5, -0.2, -0.4], 0.3, OPEN),
    ],
)
def test_a_cell_is_judged_by_its_paired_interval(judged_of, differences, within_db, verdict):
    claim = ABOVE._replace(within_db=within_db)
    judged = judged_of(claim, {"psnr_db": above_by(differences)}, {"method": "noise2void"})
    (cell,) = judged.cells
    assert cell.verdict == verdict
    assert cell.between.mean == pytest.approx(sum(differences) / 4)
    assert cell.paper_db == pytest.approx(30.13 - 27.56)


@pytest.mark.parametrize(
    ("one", "other", "better", "verdict"),
    [
        ("zoo", "quick", 1.0, UNEQUAL),
        ("quick", "zoo", 1.0, HOLDS),
        ("zoo", "quick", -1.0, FAILS),
        ("quick", "zoo", -1.0, UNEQUAL),
        ("quick", "quick", 1.0, HOLDS),
        ("126 Mpx", "quick", -1.0, FAILS),  # within a twentieth: as long
    ],
)
def test_a_longer_training_wins_no_claim_and_a_shorter_one_loses_none(
    judged_of, one, other, better, verdict
):
    differences = [better + 0.01 * n for n in range(4)]
    judged = judged_of(
        ABOVE,
        {"psnr_db": above_by(differences), "budget": one},
        {"method": "noise2void", "budget": other},
    )
    assert [cell.verdict for cell in judged.cells] == [verdict]


def test_of_several_results_the_equally_long_ones_are_compared(judged_of):
    judged = judged_of(
        ABOVE,
        {"psnr_db": above_by([2.0] * 4), "budget": "zoo"},
        {"psnr_db": above_by([1.0, 1.1, 1.0, 1.1]), "budget": "quick"},
        {"method": "noise2void", "budget": "quick"},
    )
    (cell,) = judged.cells
    assert (cell.one.line.budget, cell.verdict) == ("quick", HOLDS)


def test_a_method_that_learns_nothing_is_neither_longer_nor_shorter(judged_of):
    claim = ABOVE._replace(others=(Column("known", "bm3d"),))
    trained_on_nothing = {"method": "bm3d", "budget": "", "weights": "none", "training": ""}
    judged = judged_of(claim, {"psnr_db": above_by([1.0, 1.1, 1.0, 1.1])}, trained_on_nothing)
    assert [cell.verdict for cell in judged.cells] == [HOLDS]


def test_a_claim_as_a_whole_and_what_is_not_measured(judged_of):
    nothing = judged_of(ABOVE)
    assert (nothing.verdict, nothing.cells, nothing.unmeasured) == ("open", (), 23)
    better, worse = above_by([1.0, 1.1, 1.0, 1.1]), above_by([-1.0, -1.1, -1.0, -1.1])
    void = {"method": "noise2void"}
    holds = judged_of(ABOVE, {"psnr_db": better}, void)
    assert (holds.verdict, holds.unmeasured) == ("holds wherever it is decided", 22)
    assert judged_of(ABOVE, {"psnr_db": worse}, void).verdict == "does not hold"
    there = {"dataset": "kodak"}
    part = judged_of(ABOVE, {"psnr_db": better}, void, {"psnr_db": worse, **there}, void | there)
    assert part.verdict == "holds in part"
    assert (part.count(HOLDS), part.count(FAILS)) == (1, 1)


def test_one_image_decides_nothing(judged_of):
    judged = judged_of(ABOVE, {"psnr_db": [33.0]}, {"method": "noise2void", "psnr_db": [30.0]})
    assert [cell.verdict for cell in judged.cells] == [OPEN]


def test_the_page_has_a_row_for_each_claim_and_a_cell_for_each_difference(make_cell):
    cells = [
        make_cell(cell="c1", training="7ea1", psnr_db=above_by([1.0, 1.1, 1.0, 1.1])),
        make_cell(cell="c2", training="7ea2", psnr_db=BASE, method="noise2void"),
    ]
    page = render_claims(TABLE, results_of(cells))
    claims = definition(TABLE).claims
    assert [line.split(" | ")[0][2:] for line in section(page, "In short")[3:8]] == [
        claim.title for claim in claims
    ]
    first = next(line for line in section(page, "In short") if claims[0].title in line)
    assert first.endswith("| 1 | 0 | 0 | 0 | 60 | **holds wherever it is decided** |")
    table = section(page, claims[0].title)
    row = next(line for line in table if line.startswith("| gaussian:25 | noise2void |"))
    assert row.split(" | ")[3].startswith("**+1.05** ± ")
    assert row.split(" | ")[3].endswith("<br>+2.57<br>holds<br>0.131; 0.131")
    assert "No cell is measured yet." in section(page, claims[1].title)


def test_claims_that_a_changed_result_turns_around_are_told_so(make_cell):
    cells = [
        make_cell(cell="c1", training="7ea1", psnr_db=BASE, parameters="unknown"),
        make_cell(cell="c2", training="7ea2", psnr_db=BASE),
    ]
    equal = render_claims(TABLE, results_of(cells))
    lost = replace(cells[0], scores=tuple(replace(s, psnr_db=20.0) for s in cells[0].scores))
    title = "Little is lost when the level is unknown"
    assert f"| {title} | 1 | 0 | 0 | 0 |" in equal
    assert f"| {title} | 0 | 1 | 0 | 0 |" in render_claims(TABLE, results_of([lost, cells[1]]))
