"""Whether the noise of a file is correlated between neighbours, which denoisers do not expect."""

from collections.abc import Iterator, Mapping

import numpy as np

from denoisebench.images.pixels import float_type
from denoisebench.noise_models.noise_fit import correlated
from denoisebench.own_images.planes import Planes, Rows, Values, group_of
from denoisebench.own_images.treatment import Treatment

CORRELATED = 0.15
"""Of what was removed from flat parts: above it, a warning."""

LOOKED_AT_PX = 1024
"""Of the sides of the middle plane."""


def correlation_warnings(
    source: Planes, result: Rows, treatments: Mapping[int, Treatment]
) -> Iterator[str]:
    """A line for each channel whose noise is correlated, by its middle plane and what it became."""
    planes = list(source.planes())
    for group, treatment in treatments.items():
        if treatment.denoiser is None:
            continue
        its = [plane for plane in planes if group_of(source, plane) == group]
        middle = its[len(its) // 2]
        top = max(0, (source.height - LOOKED_AT_PX) // 2)
        rows = slice(top, min(source.height, top + LOOKED_AT_PX))
        wide = float_type(source.dtype)
        noisy, denoised = (_gray(which.read(middle, rows), wide) for which in (source, result))
        if treatment.noise.detector is not None:
            noisy, denoised = map(treatment.noise.detector.stabilise, (noisy, denoised))
        found = correlated(noisy, denoised)
        if found > CORRELATED:
            yield (
                f"the noise is correlated between neighbouring pixels ({found:.2f}; 0:"
                " independent), as after JPEG, demosaicing or resizing: methods here expect"
                " independent noise and remove too little of it"
            )


def _gray(values: Values, wide: type[np.floating]) -> Values:
    plane = values[:, :LOOKED_AT_PX].astype(wide)
    return plane.mean(axis=2) if plane.ndim == 3 else plane
