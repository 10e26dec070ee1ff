"""Results, as they are stored."""

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path

from protocols import PROTOCOLS
from published import PUBLISHED

from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.results import Results

SCORE = ImageScore(
    image="01",
    repeat=0,
    psnr_db=29.5,
    ssim=0.8,
    noisy_psnr_db=20.17,
    level=25.0,
    level_estimate=None,
    denoise_s=0.5,
    megapixels=0.25,
    noisy_sha256="ab" * 32,
)
RESULT = CellResult(
    cell="c0ffee",
    method="noise2score:probe=single",
    noise="gaussian:25",
    parameters="known",
    dataset="set12",
    protocol="float-1",
    evidence="noisy",
    draws="fixed",
    seed=0,
    train_set="cbsd399",
    budget="quick",
    weights="trained",
    training="7ea",
    train_s=100.0,
    network_parameters=559_000,
    gmacs_per_mpx=123.5,
    peak_memory_mb=512.0,
    same_level_unit=True,
    scores=(SCORE, dataclasses.replace(SCORE, image="02", psnr_db=30.25)),
    provenance={"versions": {"python": "3.11", "größe": "µ"}, "threads": 2},
)


def cell_of(psnr_db: Sequence[float], **changes: object) -> CellResult:
    """A cell whose images, 01, 02, ..., have these PSNRs; other fields may be given by name."""
    scores = tuple(
        dataclasses.replace(SCORE, image=f"{number:02}", psnr_db=value)
        for number, value in enumerate(psnr_db, start=1)
    )
    usual = {"method": "noise2score", "scores": scores, "provenance": {}}
    return dataclasses.replace(RESULT, **{**usual, **changes})  # type: ignore[arg-type]


def results_of(
    cells: Iterable[CellResult],
    declined: Sequence[tuple[str, str, str]] = (),
    folder: str | Path = "results",
) -> Results:
    """What a report is made of."""
    return Results(tuple(cells), tuple(declined), Path(folder), {}, PROTOCOLS, PUBLISHED)
