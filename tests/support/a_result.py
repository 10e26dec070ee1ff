"""A result, as one is stored."""

import dataclasses

from denoisebench.results.records import CellResult, ImageScore

SCORE = ImageScore(
    image="01",
    repeat=0,
    psnr_db=29.5,
    ssim=0.84,
    noisy_psnr_db=20.2,
    level=25.0,
    level_estimate=None,
    denoise_s=0.5,
    megapixels=0.0625,
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
    train_s=12.5,
    network_parameters=559_000,
    gmacs_per_mpx=123.5,
    peak_memory_mb=512.0,
    scores=(SCORE, dataclasses.replace(SCORE, image="02", psnr_db=30.25)),
    provenance={"versions": {"python": "3.11", "größe": "µ"}, "threads": 2},
)
