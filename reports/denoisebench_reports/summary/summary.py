"""One line per method, noise, parameters and data set: the means over images that reports show."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from denoisebench.plugin import ORACLE, ORACLE_CHECKPOINT
from denoisebench.scoring.statistics import half_interval
from denoisebench_reports.published.figures import published
from denoisebench_reports.published.verdict import Comparison, differences, verdict
from denoisebench_reports.summary.average import errors, pools_errors, shares_db

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
    where the method estimates no level, the true one is unknown, or the two have unlike units."""
    estimates_level: bool
    """Whether the method estimates the level; an oracle does not."""
    noisy_psnr_db: float
    budget: str
    train_set: str
    weights: str
    seed: str
    """All seeds, e.g. `0 1 2`."""
    seed_sd_db: float
    """Standard deviation of the seeds' own psnr_db; NaN for one seed."""
    repeats: int
    """Noisy copies of each image."""
    psnr_of_image: Mapping[str, float]
    """Each image's mean over repeats and seeds, dB."""
    published: Sequence[Comparison]
    """Every published figure, the suite's first source first."""
    network_parameters: int | None
    gmacs_per_mpx: float
    """Billions of multiply-adds per megapixel denoised, in convolutions and matrix products."""
    peak_memory_mb: float
    """Mean over seeds of the most memory taken while denoising."""


def summarise(rows: "pd.DataFrame") -> list[Summary]:
    """The summaries of per-image rows (`dataframe.COLUMNS`), in the order in which they first come.

    An image's scores are averaged over its repeats and seeds first, then over images, so that the
    interval is that of a mean over so many images; NaN in one is NaN in all.
    """
    return [
        _summary(dict(zip(KEYS, key, strict=True)), group)
        for key, group in rows.groupby(list(KEYS), sort=False, dropna=False)
    ]


def _summary(key: dict[str, Any], rows: "pd.DataFrame") -> Summary:
    psnr_db = _image_psnr_db(rows, key["protocol"])
    mean, half = float(psnr_db.mean()), half_interval(psnr_db)
    return Summary(
        **key,
        images=len(psnr_db),
        psnr_db=mean,
        psnr_low=mean - half,
        psnr_high=mean + half,
        ssim=float(_per_image(rows, "ssim").mean()),
        train_s=float(rows["train_s"].mean()),
        denoise_s_per_mpx=float(rows["denoise_s"].sum() / rows["megapixels"].sum()),
        level_error=_level_error(rows, key["parameters"]),
        estimates_level=key["parameters"] != ORACLE and bool(rows["level_estimate"].notna().any()),
        noisy_psnr_db=float(_per_image(rows, "noisy_psnr_db").mean()),
        seed=" ".join(str(seed) for seed in rows["seed"].unique()),
        seed_sd_db=_spread_of_seeds(rows, key["protocol"]),
        repeats=rows["repeat"].nunique(),
        psnr_of_image=dict(zip(rows["image"].unique(), psnr_db.tolist(), strict=True)),
        published=_beside(key, mean),
        network_parameters=_count(rows["network_parameters"]),
        gmacs_per_mpx=float(rows["gmacs_per_mpx"].mean()),
        peak_memory_mb=float(rows["peak_memory_mb"].mean()),
    )


def _level_error(rows: "pd.DataFrame", parameters: str) -> float:
    if parameters == ORACLE or not rows["comparable_levels"].all():
        return math.nan  # an oracle's levels are picked, not estimated
    error = (rows["level_estimate"] / rows["level"] - 1.0).abs()
    return float(error.groupby(rows["image"]).mean().median())


def _image_psnr_db(rows: "pd.DataFrame", protocol: str) -> npt.NDArray[np.float64]:
    """What each image adds to the figure, which is the mean of these.  (images,)"""
    if not pools_errors(protocol):
        return _per_image(rows, "psnr_db")
    mse = errors(rows["psnr_db"].to_numpy(dtype=np.float64))
    return shares_db(_per_image(rows.assign(mse=mse), "mse"))


def _beside(key: Mapping[str, Any], psnr_db: float) -> list[Comparison]:
    """Each published figure of a line with these KEYS, beside ours; none beside an oracle's."""
    if key["weights"].endswith(ORACLE_CHECKPOINT):
        return []
    ours = {name: key[name] for name in ("method", "parameters", "protocol", "budget", "draws")}
    beside = []
    for figure in published(key["noise"], key["parameters"], key["dataset"], key["method"]):
        diff_db = psnr_db - figure.psnr_db
        unlike = differences(figure, **ours)
        beside.append(Comparison(figure, diff_db, verdict(diff_db, unlike)))
    return beside


def _spread_of_seeds(rows: "pd.DataFrame", protocol: str) -> float:
    """Of the set's mean, between seeds, dB."""
    if rows["seed"].nunique() < 2:
        return math.nan
    means = [_image_psnr_db(its, protocol).mean() for _, its in rows.groupby("seed", sort=False)]
    return float(np.std(means, ddof=1)) if np.isfinite(means).all() else math.nan


def _count(column: "pd.Series[float]") -> int | None:
    """What all rows agree on; None where they have none."""
    known = column.dropna()
    return None if known.empty else int(known.iloc[0])


def _per_image(rows: "pd.DataFrame", column: str) -> npt.NDArray[np.float64]:
    """Each image's mean of a column over its repeats and seeds; unlike pandas', NaN and inf stay.
    (images,), in the order in which they first come"""
    codes, _ = rows["image"].factorize()
    totals = np.bincount(codes, weights=rows[column].to_numpy(dtype=np.float64))
    return totals / np.bincount(codes)
