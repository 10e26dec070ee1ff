"""Made-up results for the reports to show."""

import dataclasses

import pytest
from a_result import results_of

from denoisebench_reports.paper_tables.page import render_paper_table


def picked(cell):
    """An oracle's cell with the level that was picked, without which it has no figure."""
    level = 25.0 if cell.parameters == "oracle" else None
    scores = tuple(dataclasses.replace(score, level_estimate=level) for score in cell.scores)
    return dataclasses.replace(cell, scores=scores)


@pytest.fixture
def page_of(make_cell):
    """The page of cells, each made with a cell id and a training of its own."""

    def make(*changes, declined=()):
        cells = [
            make_cell(**{"cell": f"c{n}", "training": f"7ea{n}", "psnr_db": [30.0], **change})
            for n, change in enumerate(changes)
        ]
        return render_paper_table("noise2score_table2", results_of(map(picked, cells), declined))

    return make


@pytest.fixture
def page_of_trained(make_cell):
    """The page of cells of one training, unless they say otherwise."""

    def make(*changes):
        cells = [make_cell(**{"cell": f"c{n}", **change}) for n, change in enumerate(changes)]
        return render_paper_table("noise2score_table2", results_of(cells))

    return make
