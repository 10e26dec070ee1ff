"""Made-up results for the reports to show."""

import dataclasses

import pytest

from denoisebench.results.dataframe import frame
from denoisebench.results.store import write_cell
from denoisebench_reports.noise2score_table2.page import render_table2


def picked(cell):
    """An oracle's cell with the level that was picked, without which it has no figure."""
    level = 25.0 if cell.parameters == "oracle" else None
    scores = tuple(dataclasses.replace(score, level_estimate=level) for score in cell.scores)
    return dataclasses.replace(cell, scores=scores)


@pytest.fixture
def page_of(make_cell):
    """The page of cells, each made with a cell id and a training of its own."""

    def make(*changes, **attrs):
        cells = [
            make_cell(**{"cell": f"c{n}", "training": f"7ea{n}", "psnr_db": [30.0], **change})
            for n, change in enumerate(changes)
        ]
        rows = frame(map(picked, cells))
        rows.attrs.update(attrs)
        return render_table2(rows)

    return make


@pytest.fixture
def page_of_stored(make_cell, tmp_path):
    """The page of cells that are stored, so that their files tell of their training."""

    def make(*changes):
        cells = [make_cell(**{"cell": f"c{n}", **change}) for n, change in enumerate(changes)]
        for each in cells:
            write_cell(tmp_path, each)
        rows = frame(cells)
        rows.attrs["results"] = tmp_path
        return render_table2(rows)

    return make
