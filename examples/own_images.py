"""Three noisy files to try `bench denoise` on, made of photographs that scikit-image brings.

    python examples/own_images.py DIR

writes cells.tif (a time series of a microscope, 16 bits, as ImageJ does), cat.png (a photograph in
colour) and sky.npy (counts of a telescope, float32).
"""

import sys
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image
from skimage import data

SIDE_PX = 256


def cells(rng: np.random.Generator) -> np.ndarray:
    """(5, 256, 256), uint16: gain 2, offset 100, read noise 3, at most 60 photons."""
    scene = data.cell()[220 : 220 + SIDE_PX, 200 : 200 + SIDE_PX] / 255.0
    photons = rng.poisson(60.0 * np.stack([scene] * 5))
    return np.rint(2.0 * photons + 100.0 + rng.normal(0.0, 3.0, photons.shape)).astype(np.uint16)


def cat(rng: np.random.Generator) -> np.ndarray:
    """(256, 256, 3), uint8, with Gaussian noise of σ 20."""
    scene = data.chelsea()[20 : 20 + SIDE_PX, 80 : 80 + SIDE_PX].astype(np.float64)
    return np.rint((scene + rng.normal(0.0, 20.0, scene.shape)).clip(0, 255)).astype(np.uint8)


def sky(rng: np.random.Generator) -> np.ndarray:
    """(256, 256), float32: galaxies and stars above a background of 400 counts, gain 1.5."""
    scene = data.hubble_deep_field()[300 : 300 + SIDE_PX, 400 : 400 + SIDE_PX].mean(axis=2)
    photons = rng.poisson(20.0 + 2.0 * scene)
    return (1.5 * photons + 400.0 + rng.normal(0.0, 4.0, scene.shape)).astype(np.float32)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    metadata = {"axes": "TYX", "unit": "um", "finterval": 0.5}
    tifffile.imwrite(
        folder / "cells.tif", cells(rng), imagej=True, resolution=(9.2, 9.2), metadata=metadata
    )
    Image.fromarray(cat(rng)).save(folder / "cat.png")
    np.save(folder / "sky.npy", sky(rng))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
