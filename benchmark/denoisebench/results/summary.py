"""One line per method, noise, parameters and data set: the means over images that reports show."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from denoisebench.noise.level_knowledge import ORACLE
from denoisebench.results.dataframe import OF_IMAGE
from denoisebench.results.records import CellResult
from denoisebench.scoring.average import means_of_images, psnr_of_images
from denoisebench.scoring.marks import comparable_means
from denoisebench.scoring.statistics import finite_mean, mean_of

if TYPE_CHECKING:
    import pandas as pd

Values = npt.NDArray[Any]
"""A column of rows."""

Columns: TypeAlias = "Mapping[str, Values] | pd.DataFrame"
"""Rows by column."""

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
"""The key that distinguishes two lines.  Seeds do not: they are averaged."""

_SUMMARISED = (
    *("image", "repeat", "seed", "psnr_db", "noisy_psnr_db", "ssim"),
    *("level", "level_estimate", "same_level_unit"),
    *("train_s", "denoise_s", "megapixels", "steps"),
    *("network_parameters", "gmacs_per_mpx", "peak_memory_mb"),
)
"""The columns that a summary is made of."""

_OF_SCORES = tuple(n for n in _SUMMARISED if n in OF_IMAGE and n != "image")
_OF_CELLS = tuple(n for n in _SUMMARISED if n not in OF_IMAGE)
_of_score, _of_cell = attrgetter(*_OF_SCORES), attrgetter(*_OF_CELLS)


@dataclass(frozen=True, slots=True)
class Summary:
    """A method's scores on one data set.  Unknown values are NaN or an empty text."""

    method: str
    noise: str
    parameters: str
    dataset: str
    images: int
    protocol: str
    evidence: str
    draws: str
    psnr_db: float
    """The mean over the images whose PSNR is finite; NaN where none is."""
    psnr_low: float
    """Lower end (dB) of the 95 % t-interval of that mean; NaN for one image."""
    psnr_high: float
    ssim: float
    """The mean over the images that were denoised; NaN where one is too small to have one."""
    train_s: float
    """Mean over seeds."""
    denoise_s_per_mpx: float
    denoise_s: float
    """Mean over the images that were denoised."""
    steps: float
    """Of learning on an image, mean over images; NaN for a method that does not."""
    level_error: float
    """Median over images of |estimate/level − 1|, averaged over repeats and seeds of each image
    first. NaN if the method estimates no level, as an oracle does not, and if the true level is
    unknown or has another unit."""
    noisy_psnr_db: float
    """As `psnr_db`, of the noisy images."""
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
    """Each image's mean over repeats and seeds, dB, in the order of the images."""
    noisy_psnr_of_image: Mapping[str, float]
    network_parameters: int | None
    gmacs_per_mpx: float
    """Billions of multiply-adds per megapixel denoised, in convolutions and matrix products."""
    peak_memory_mb: float
    """Mean over seeds of the most memory taken while denoising."""
    left_out: int
    """Images whose PSNR is infinite, or NaN since they do not tell the level that is needed."""
    level_estimated: bool
    """Whether the method estimated the level of its images."""


def summarise(rows: "pd.DataFrame") -> list[Summary]:
    """The summaries of per-image rows (`dataframe.COLUMNS`), in the order in which they first come.

    An image's scores are averaged over its repeats and seeds first, then over images, so that the
    interval is that of a mean over images.
    """
    # Plain arrays: a frame for each of thousands of groups takes many times longer.
    columns = {name: rows[name].to_numpy() for name in _SUMMARISED}
    places = rows.groupby(list(KEYS), sort=False, dropna=False).ngroup().to_numpy()
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))[1:]
    groups = np.split(order, starts) if len(order) else []
    keys = rows[list(KEYS)].iloc[[its[0] for its in groups]].to_dict("records")
    return [
        _summary(key, {name: values[its] for name, values in columns.items()})
        for key, its in zip(keys, groups, strict=True)
    ]


def summarise_cells(cells: Iterable[CellResult]) -> list[Summary]:
    """`summarise` of the rows of cells, without pandas, whose import takes most of a second."""
    groups: dict[tuple[Any, ...], list[CellResult]] = {}
    for cell in cells:
        if cell.scores:
            groups.setdefault(tuple(getattr(cell, key) for key in KEYS), []).append(cell)
    return [
        _summary(dict(zip(KEYS, key, strict=True)), _columns(its)) for key, its in groups.items()
    ]


def _columns(cells: Sequence[CellResult]) -> dict[str, Values]:
    """The rows of cells by column, NaN for a number that is missing."""
    scores = [score for cell in cells for score in cell.scores]
    counts = [len(cell.scores) for cell in cells]
    found = {"image": np.array([score.image for score in scores], dtype=object)}
    for name, values in zip(_OF_SCORES, zip(*map(_of_score, scores), strict=True), strict=True):
        found[name] = _array(values)
    for name, values in zip(_OF_CELLS, zip(*map(_of_cell, cells), strict=True), strict=True):
        found[name] = np.repeat(_array(values), counts)
    return found


def _array(values: Sequence[Any]) -> Values:
    return np.array(values, dtype=np.float64 if None in values else None)


def psnr_of(rows: Columns, protocol: str) -> dict[str, float]:
    """Each image's part in the PSNR of rows under the protocol of this label, dB."""
    return psnr_of_images(image_scores(rows, "psnr_db"), protocol)


def _summary(key: dict[Any, Any], rows: Mapping[str, Values]) -> Summary:
    psnr_of_image = psnr_of(rows, key["protocol"])
    noisy_of_image = means_of_images(image_scores(rows, "noisy_psnr_db"))
    psnr_db = mean_of(psnr_of_image.values())
    estimated = _known(rows["level_estimate"]).size > 0 and key["parameters"] != ORACLE
    return Summary(
        **key,
        images=len(psnr_of_image),
        psnr_db=psnr_db.value,
        psnr_low=psnr_db.value - psnr_db.half_interval,
        psnr_high=psnr_db.value + psnr_db.half_interval,
        ssim=_mean_ssim(rows),
        train_s=_mean(rows["train_s"]),
        denoise_s_per_mpx=float(rows["denoise_s"].sum() / rows["megapixels"].sum()),
        denoise_s=_mean(rows["denoise_s"][~np.isnan(rows["psnr_db"])]),
        steps=_mean(rows["steps"]),
        level_error=_level_error(rows) if estimated else math.nan,
        noisy_psnr_db=finite_mean(noisy_of_image.values()),
        seed=" ".join(str(seed) for seed in dict.fromkeys(rows["seed"].tolist())),
        seed_sd_db=_spread_of_seeds(rows, key["protocol"]),
        repeats=len(set(rows["repeat"].tolist())),
        left_out=len(psnr_of_image) - psnr_db.count,
        level_estimated=bool(estimated),
        psnr_of_image=psnr_of_image,
        noisy_psnr_of_image=noisy_of_image,
        network_parameters=_count(rows["network_parameters"]),
        gmacs_per_mpx=_mean(rows["gmacs_per_mpx"]),
        peak_memory_mb=_mean(rows["peak_memory_mb"]),
    )


def _mean_ssim(rows: Mapping[str, Values]) -> float:
    denoised = ~np.isnan(rows["psnr_db"])
    of_image = means_of_images(zip(rows["image"][denoised], rows["ssim"][denoised], strict=True))
    return float(np.mean(list(of_image.values()))) if of_image else math.nan


def _level_error(rows: Mapping[str, Values]) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.abs(rows["level_estimate"] / rows["level"] - 1.0)
    known = rows["same_level_unit"].astype(bool) & ~np.isnan(error)
    of_image = means_of_images(zip(rows["image"][known], error[known], strict=True))
    return float(np.median(list(of_image.values()))) if of_image else math.nan


def _spread_of_seeds(rows: Mapping[str, Values], protocol: str) -> float:
    """The deviation of the set's mean between seeds, dB, over images that are finite for each
    seed."""
    seeds = list(dict.fromkeys(rows["seed"].tolist()))
    if len(seeds) < 2:
        return math.nan
    of_seed = {seed: rows["seed"] == seed for seed in seeds}
    means = comparable_means(
        {
            seed: psnr_of({name: rows[name][its] for name in ("image", "psnr_db")}, protocol)
            for seed, its in of_seed.items()
        }
    )
    return float(np.std(list(means.values()), ddof=1)) if len(means) > 1 else math.nan


def _known(column: Values) -> Values:
    """A column of numbers without those that are missing."""
    return column[~np.isnan(column)]


def _mean(column: Values) -> float:
    known = _known(column)
    return float(known.mean()) if known.size else math.nan


def _count(column: Values) -> int | None:
    """The value on which all rows agree; None if they do not."""
    known = _known(column)
    return int(known[0]) if known.size else None


def image_scores(rows: Columns, column: str) -> Iterable[tuple[str, float]]:
    """An image and its score for each row."""
    return zip(rows["image"].tolist(), rows[column].tolist(), strict=True)
