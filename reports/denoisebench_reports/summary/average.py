"""The figure of a set, as the protocol of its rows averages it over images."""

import numpy as np
import numpy.typing as npt

from denoisebench.scoring.protocols import labelled

Values = npt.NDArray[np.float64]

DB_PER_NEPER = 10.0 / np.log(10.0)


def pools_errors(label: str) -> bool:
    """Whether the protocol with this label averages mean squared errors, not decibels."""
    protocol = labelled(label)
    return protocol is not None and protocol.average == "mse"


def errors(psnr_db: Values) -> Values:
    """The mean squared errors of images with these PSNRs, for a peak of 1."""
    return np.power(10.0, psnr_db / -10.0)


def shares_db(mse: Values) -> Values:
    """What each image contributes to the dB of the mean of the errors.  (images,) -> (images,)

        v_i = -10 log10(m) - 10 / ln 10 · (e_i / m - 1),   m the mean of the e_i

    Their mean is that figure, and an interval of their mean is the figure's by the delta method,
    so that statistics over images serve both ways of averaging.
    """
    mean = mse.mean()
    if mean == 0.0:
        return np.full_like(mse, np.inf)
    shares: Values = -10.0 * np.log10(mean) - DB_PER_NEPER * (mse / mean - 1.0)
    return shares
