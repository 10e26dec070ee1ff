"""The share of each image in the figure of its set, as a protocol averages it."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

DB_PER_NEPER = 10.0 / np.log(10.0)


def psnr_of_images(scores: Iterable[tuple[str, float]], protocol: str) -> dict[str, float]:
    """Each image's part in the PSNR of its set, dB, which is the mean of the finite ones.

    scores: an image and its PSNR for each repeat and seed, which are averaged within an image
    first.  protocol: the label of the rules.  The images are in the order in which they first come.
    """
    if not _pools_errors(protocol):
        return means_of_images(scores)
    errors = means_of_images((image, error_of(psnr_db)) for image, psnr_db in scores)
    shares = shares_db(np.array(list(errors.values())))
    return dict(zip(errors, shares.tolist(), strict=True))


def means_of_images(scores: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Each image's mean over its scores; infinite or NaN where one of them is."""
    pairs = list(scores)
    means = dict(pairs)
    if len(means) == len(pairs):
        return means
    values: defaultdict[str, list[float]] = defaultdict(list)
    for image, value in pairs:
        values[image].append(value)
    return {image: sum(its) / len(its) for image, its in values.items()}


def error_of(psnr_db: float) -> float:
    """The mean squared error of an image with this PSNR, for a peak of 1."""
    return float(10.0 ** (psnr_db / -10.0))


def shares_db(mse: Values) -> Values:
    """The share of each image in the dB of the mean of the errors.  (images,) -> (images,)

        v_i = -10 log10(m) - 10 / ln 10 · (e_i / m - 1),   m the mean of the e_i

    Their mean is that figure, and by the delta method an interval of their mean is one of the
    figure. Statistics over images thus serve both ways of averaging. m is the mean of the finite
    errors. An error that is not finite has no share, and if all are 0 each share is infinite.
    """
    finite = mse[np.isfinite(mse)]
    if not finite.any():
        return np.where(np.isfinite(mse), np.inf, np.nan)
    mean = finite.mean()
    shares: Values = -10.0 * np.log10(mean) - DB_PER_NEPER * (mse / mean - 1.0)
    return np.where(np.isfinite(mse), shares, np.nan)


def _pools_errors(label: str) -> bool:
    """Whether the protocol with this label averages mean squared errors, not decibels."""
    return "average=mse" in label.split(":")
