"""The figures of docs/denoising.md: `denoisebench.denoise` on images whose truth is known.

    python examples/studies/own_images_study.py NOISY CLEAN [METHOD...]

prints the PSNR of each image of the folder NOISY, before and after, against the image of that name
in the folder CLEAN; white is the greatest value of the type.

    python examples/studies/own_images_study.py

compares Noise2Score's weights of one level with those of a range: photographs of cbsd399, and drawn
cells, as a detector of gain 2, offset 100 and read noise 3 counts them.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from stack_study import cells
from tabulate import tabulate

import denoisebench
from denoisebench.image_files.source import open_pixels
from denoisebench.registry.loader import load

DEFAULT_METHODS = ("noise2score", "noise2noise", "blindspot", "nlm", "tv")
PEAKS = (30, 45, 60, 90, 120, 250)
"""Photons at white."""

DETECTOR = "poisson-gaussian:2:3:100"


def psnr_db(image: np.ndarray, truth: np.ndarray, white: float) -> float:
    error = np.mean((image.astype(np.float64) - truth.astype(np.float64)) ** 2)
    return float(10.0 * np.log10(white**2 / error))


def pairs(noisy: Path, clean: Path, methods: Iterable[str]) -> Iterator[list[object]]:
    """A row for each image: name, PSNR as it is, and after each method."""
    for path in sorted(p for p in noisy.iterdir() if p.is_file()):
        image, truth = (open_pixels(p).read(()) for p in (path, clean / path.name))
        white = float(np.iinfo(image.dtype).max) if image.dtype.kind in "ui" else 1.0
        row: list[object] = [path.name, psnr_db(image, truth, white)]
        row += [psnr_db(denoisebench.denoise(image, method), truth, white) for method in methods]
        yield row


def one_level_or_range(kind: str, scenes: Sequence[np.ndarray]) -> Iterator[list[object]]:
    """A row for each peak: photons, usual level, contrast that one level needs, PSNR by weights of
    a range and of one level."""
    folder = load().weights_folder("noise2score")
    assert folder is not None  # it is a package
    for peak in PEAKS:
        levels, found = [], {"gray-gaussian-blind": [], "gray-gaussian25": []}
        for number, scene in enumerate(scenes):
            rng = np.random.default_rng(number)
            counts = 2.0 * rng.poisson(scene * peak) + 100.0 + rng.normal(0.0, 3.0, scene.shape)
            truth = 2.0 * scene * peak + 100.0
            for name, figures in found.items():
                report = denoisebench.denoise(
                    counts,
                    noise=DETECTOR,
                    unit="adu",
                    weights=folder / f"{name}.safetensors",
                    details=True,
                )
                figures.append(psnr_db(report.image, truth, 2.0 * peak))
                if name == "gray-gaussian-blind":
                    levels.append(report.level[0])
        level = float(np.median(levels))
        yield [kind, peak, level, 25.0 / level, *(float(np.mean(f)) for f in found.values())]


def photographs() -> list[np.ndarray]:
    """Ten training photographs, (192, 192) in [0, 1]."""
    images = load().image_set("cbsd399", 1).images[5::40]
    return [image.load()[0][:192, :192].astype(np.float64) for image in images]


def main(arguments: list[str]) -> None:
    if not arguments:
        heads = ["images", "photons", "level", "contrast", "range of levels", "one level, 25"]
        rows = list(one_level_or_range("photographs", photographs()))
        rows += one_level_or_range("drawn cells", [cells(seed) for seed in range(5)])
    else:
        noisy, clean, *methods = arguments
        heads = ["image", "noisy", *(methods or DEFAULT_METHODS)]
        rows = list(pairs(Path(noisy), Path(clean), methods or DEFAULT_METHODS))
        means = [float(np.mean([row[i] for row in rows])) for i in range(1, len(heads))]
        rows.append(["mean", *means])
    print(tabulate(rows, heads, floatfmt=".2f", tablefmt="github"))


if __name__ == "__main__":
    main(sys.argv[1:])
