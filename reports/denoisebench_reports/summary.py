"""One line per method, noise, parameters and data set: the means over images that reports show."""

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from denoisebench_reports.figures import published
from denoisebench_reports.interval import half_interval
from denoisebench_reports.verdict import trained_less, verdict

if TYPE_CHECKING:
    import pandas as pd

KEYS = (
    "method",
    "noise",
    "parameters",
    "dataset",
    "protocol",
    "evidence",
    "draws",
    "budget",
    "train_set",
    "weights",
)
"""What tells two lines apart.  Seeds do not: they are averaged."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A method's scores on one data set.  What is not known is NaN or an empty text."""

    method: str
    noise: str
    parameters: str
    dataset: str
    images: int
    protocol: str
    evidence: str
    draws: str
    psnr_db: float
    psnr_low: float
    """Lower end (dB) of the 95 % t-interval of the mean over images; NaN for one image."""
    psnr_high: float
    ssim: float
    train_s: float
    """Mean over seeds."""
    denoise_s_per_mpx: float
    level_error: float
    """Median over images of |estimate/level − 1|, its mean over repeats and seeds within each; NaN
    where the method estimates no level."""
    published_psnr_db: float
    noisy_psnr_db: float
    published_source: str
    budget: str
    train_set: str
    weights: str
    seed: str
    """All seeds, e.g. `0 1 2`."""
    published_diff_db: float
    """psnr_db − published_psnr_db."""
    verdict: str
    """The difference in words; empty where nothing is published."""
    repeats: int
    """Noisy copies of each image."""
    published_protocol: str
    """The one of our protocols that the published figure was computed under; empty for another."""
    network_parameters: int | None
    gmacs_per_mpx: float
    """Billions of multiply-adds per megapixel denoised, in convolutions and matrix products."""
    peak_memory_mb: float
    """Mean over seeds of the most memory taken while denoising."""


SUMMARY_COLUMNS = tuple(field.name for field in fields(Summary))


def summarise(rows: "pd.DataFrame") -> list[Summary]:
    """The summaries of per-image rows (`results.COLUMNS`), in the order in which they first come.

    An image's scores are averaged over its repeats and seeds first, then over images, so that the
    interval is that of a mean over so many images; NaN in one is NaN in all.
    """
    return [
        _summary(dict(zip(KEYS, key, strict=True)), group)
        for key, group in rows.groupby(list(KEYS), sort=False, dropna=False)
    ]


def _summary(key: dict[str, Any], rows: "pd.DataFrame") -> Summary:
    psnr_db = _per_image(rows, "psnr_db")
    mean, half = float(psnr_db.mean()), half_interval(psnr_db)
    figure = published(key["noise"], key["parameters"], key["dataset"], key["method"])
    published_db, source = (figure.psnr_db, figure.source) if figure else (math.nan, "")
    theirs = figure.protocol if figure else ""
    difference_db = mean - published_db
    less_trained = trained_less(key["budget"], source, key["method"])
    level_error = (rows["level_estimate"] / rows["level"] - 1.0).abs()
    return Summary(
        **key,
        images=len(psnr_db),
        psnr_db=mean,
        psnr_low=mean - half,
        psnr_high=mean + half,
        ssim=float(_per_image(rows, "ssim").mean()),
        train_s=float(rows["train_s"].mean()),
        denoise_s_per_mpx=float(rows["denoise_s"].sum() / rows["megapixels"].sum()),
        level_error=float(level_error.groupby(rows["image"]).mean().median()),
        published_psnr_db=published_db,
        noisy_psnr_db=float(_per_image(rows, "noisy_psnr_db").mean()),
        published_source=source,
        seed=" ".join(str(seed) for seed in rows["seed"].unique()),
        published_diff_db=difference_db,
        verdict=verdict(difference_db, less_trained, bool(theirs) and theirs != key["protocol"]),
        repeats=rows["repeat"].nunique(),
        published_protocol=theirs,
        network_parameters=_count(rows["network_parameters"]),
        gmacs_per_mpx=float(rows["gmacs_per_mpx"].mean()),
        peak_memory_mb=float(rows["peak_memory_mb"].mean()),
    )


def _count(column: "pd.Series[float]") -> int | None:
    """What all rows agree on; None where they have none."""
    known = column.dropna()
    return None if known.empty else int(known.iloc[0])


def _per_image(rows: "pd.DataFrame", column: str) -> npt.NDArray[np.float64]:
    """Each image's mean of a column over its repeats and seeds; unlike pandas', NaN and inf stay.
    (images,)"""
    codes, _ = rows["image"].factorize()
    totals = np.bincount(codes, weights=rows[column].to_numpy(dtype=np.float64))
    return totals / np.bincount(codes)
