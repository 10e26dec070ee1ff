"""The figures of docs/estimates.md on stacks: how well a detector is found, and what that is worth.

    python examples/studies/stack_study.py

needs no data.  20 pages of 384×384 with 60 photons at white, gain 2, offset 100, read noise 3; the
default denoiser of `bench denoise`, with the detector found in the stack and with the true one.
"""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter
from tabulate import tabulate

import denoisebench
from denoisebench.noise_models.detector import Detector
from denoisebench.noise_models.noise_fit import fit_noise

Array = npt.NDArray[np.float64]
Stack = npt.NDArray[np.uint16]

DETECTOR = Detector(gain=2.0, offset=100.0, read=3.0)
TRUE = "poisson-gaussian:2:3:100"
PAGES, SIDE, PHOTONS = 20, 384, 60.0


def cells(seed: int = 0) -> Array:
    """Shaded, textured discs and filaments on a dark ground, (SIDE, SIDE), in [0, 1]."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:SIDE, :SIDE] / SIDE
    scene = np.full((SIDE, SIDE), 0.03)
    for _ in range(60):
        row, column, radius = (*rng.uniform(0.0, 1.0, 2), rng.uniform(0.02, 0.12))
        scene[np.hypot(rows - row, columns - column) < radius] = rng.uniform(0.1, 0.8)
    for _ in range(60):
        row, column, angle = (*rng.uniform(0.0, 1.0, 2), rng.uniform(0.0, np.pi))
        away = (rows - row) * np.cos(angle) - (columns - column) * np.sin(angle)
        bent = away + 0.01 * np.sin(rng.uniform(10.0, 40.0) * columns)
        scene[np.abs(bent) < 0.003] += 0.25
    texture = gaussian_filter(rng.standard_normal(scene.shape), 1.5)
    shaded = gaussian_filter(scene, 0.7) * (0.7 + 0.3 * rows)
    textured: Array = np.clip(shaded * (1.0 + 0.15 * texture / texture.std()), 0.0, 1.0)
    return textured


def recorded(scenes: list[Array]) -> tuple[Array, Stack]:
    """The truth in the detector's numbers and a record of it, (N, SIDE, SIDE)."""
    rng, light = np.random.default_rng(0), PHOTONS * np.stack(scenes)
    read = DETECTOR.read * rng.standard_normal(light.shape)
    noisy = DETECTOR.gain * rng.poisson(light) + DETECTOR.offset + read
    return DETECTOR.gain * light + DETECTOR.offset, np.rint(noisy).clip(0, 65535).astype(np.uint16)


def psnr(truth: Array, estimate: npt.NDArray[np.uint16] | Array) -> float:
    """Over the range of the truth."""
    error = np.mean((truth - estimate.astype(np.float64)) ** 2)
    return float(10.0 * np.log10(np.ptp(truth) ** 2 / error))


def row_of(name: str, scenes: list[Array]) -> list[str]:
    """For one stack: the gain found, PSNR, the movement of the means of pages, and the distance
    from the result for the stack times 10 plus 1000, in its own numbers."""
    truth, noisy = recorded(scenes)
    fit = fit_noise(list(noisy)).fit
    if fit.detector is None:
        return [name, fit.reason]
    found = denoisebench.denoise(noisy)
    told = denoisebench.denoise(noisy, noise=TRUE, unit="adu")
    moved = denoisebench.denoise((10 * noisy + 1000).astype(np.uint16))
    apart = np.abs((moved.astype(np.float64) - 1000.0) / 10.0 - found).max()
    axes = (1, 2)
    shift = np.abs(found.mean(axes) - noisy.mean(axes)).max() / np.ptp(truth)
    return [
        name,
        f"{fit.detector.gain:.3f} ±{fit.gain_error:.2f}",
        *(f"{psnr(truth, each):.2f}" for each in (noisy, found, told)),
        f"{100.0 * shift:.2f} %",
        f"{apart:.2f}",
    ]


def main() -> None:
    still = cells()
    flicker = np.random.default_rng(1).uniform(0.8, 1.0, PAGES)
    rows = [
        row_of("one scene", [still] * PAGES),
        row_of("one scene that flickers by 20 %", [share * still for share in flicker]),
        row_of("one scene that moves by a pixel", [np.roll(still, i, 1) for i in range(PAGES)]),
        row_of("a scene a page", [cells(seed) for seed in range(PAGES)]),
    ]
    heads = ["stack", "gain", "noisy", "found", "true", "mean moved by", "in other numbers"]
    print(tabulate(rows, heads, "github", disable_numparse=True))


if __name__ == "__main__":
    main()
