"""Made-up results for the reports to show."""

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from denoisebench.results.dataframe import frame
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.store import write_cell
from denoisebench_reports.noise2score_table2.page import render_table2


@pytest.fixture(scope="session")
def make_cell() -> Callable[..., CellResult]:
    """A cell whose images have these PSNRs; every other field may be given by name."""

    def make(psnr_db: Sequence[float], **changes: object) -> CellResult:
        scores = tuple(
            ImageScore(
                image=f"{number:02}",
                repeat=0,
                psnr_db=value,
                ssim=0.8,
                noisy_psnr_db=20.17,
                level=25.0,
                level_estimate=None,
                denoise_s=0.5,
                megapixels=0.25,
                noisy_sha256="ab" * 32,
            )
            for number, value in enumerate(psnr_db, start=1)
        )
        fields: dict[str, object] = {
            "cell": "c0ffee",
            "method": "noise2score",
            "noise": "gaussian:25",
            "parameters": "known",
            "dataset": "set12",
            "protocol": "float-1",
            "evidence": "noisy",
            "draws": "fixed",
            "seed": 0,
            "train_set": "cbsd399",
            "budget": "quick",
            "weights": "trained",
            "training": "7ea",
            "train_s": 100.0,
            "network_parameters": 559_000,
            "gmacs_per_mpx": 123.5,
            "peak_memory_mb": 512.0,
            "scores": scores,
            "provenance": {},
        }
        return CellResult(**{**fields, **changes})  # type: ignore[arg-type]

    return make


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
