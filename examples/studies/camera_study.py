"""The figures of docs/denoising.md on camera JPEGs: `bench denoise` on real noisy photographs.

    python examples/studies/camera_study.py FOLDER OUT

takes pairs in FOLDER (NAME_real.JPG or .png is noisy, NAME_mean the mean of many shots): all 15 of
CC15, or every tenth of PolyU's 100.  It denoises them in OUT as a user would, and prints the PSNR
of each. Trained and denoised files are kept in OUT and not computed again.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from tabulate import tabulate

from denoisebench.image_files.source import open_pixels
from denoisebench.plugin import Budget, hookimpl

MOST = 15
"""Pairs; of more every tenth is taken."""

LENGTH = Budget("camera", steps=250, batch=16, crop_px=64)
"""Of the trainings: an eighth of `quick`."""

TRAINED = ("--noise", "gaussian:5", "--weights", "train", "--budget", LENGTH.name)
ASKED = {
    "auto": (),
    "σ 5": ("--noise", "gaussian:5"),
    "σ 10": ("--noise", "gaussian:10"),
    "σ 20": ("--noise", "gaussian:20"),
    "nlm, σ 5": ("--noise", "gaussian:5", "--method", "nlm"),
    "nlm, σ 10": ("--noise", "gaussian:10", "--method", "nlm"),
    "noise2score, trained": TRAINED,
    "noise2self, trained": (*TRAINED, "--method", "noise2self:inference=single"),
}
"""The columns, and the options of `bench denoise` behind them."""


@hookimpl
def register_budgets() -> list[Budget]:
    return [LENGTH]


def denoised(noisy: Path, out: Path, options: tuple[str, ...]) -> None:
    """Denoise the files of a folder, except finished ones."""
    bench = Path(sys.executable).with_name("bench")
    given = ("--out", out.name, "--skip", "--plugin", str(Path(__file__).resolve()))
    command = [bench, "denoise", noisy.name, *given, *options]
    subprocess.run(command, cwd=noisy.parent, check=True, stdout=sys.stderr)


def neighbour_correlation(noise: np.ndarray) -> float:
    """The correlation of a pixel's noise (H, W, 3) with that of the pixel to its right."""
    centred = noise - noise.mean(axis=(0, 1))
    return float(np.mean(centred[:, 1:] * centred[:, :-1]) / np.mean(centred**2))


def main(folder: Path, out: Path) -> None:
    from own_images_study import psnr_db  # beside this file, where a plugin is not looked for

    noisy_files = sorted(folder.glob("*_real.*"))
    noisy_files = noisy_files[:: 10 if len(noisy_files) > MOST else 1]
    noisy = out / "noisy"
    noisy.mkdir(parents=True, exist_ok=True)
    for path in noisy_files:
        shutil.copyfile(path, noisy / path.name.replace("_real", ""))
    for number, options in enumerate(ASKED.values()):
        denoised(noisy, out / f"denoised{number}", options)
    rows: list[list[object]] = []
    for path in noisy_files:
        name = path.stem.removesuffix("_real")
        mean = path.with_stem(f"{name}_mean")
        image, truth = (open_pixels(p).read(()).astype(np.float64) for p in (path, mean))
        row: list[object] = [name, neighbour_correlation(image - truth)]
        row.append(psnr_db(image, truth, 255.0))
        for number in range(len(ASKED)):
            estimate = open_pixels(out / f"denoised{number}" / f"{name}.png").read(())
            row.append(psnr_db(estimate, truth, 255.0))
        rows.append(row)
    heads = ["image", "correlation", "noisy", *ASKED]
    rows.append(["mean", *(float(np.mean([r[i] for r in rows])) for i in range(1, len(heads)))])
    print(tabulate(rows, heads, floatfmt=".2f", tablefmt="github"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
