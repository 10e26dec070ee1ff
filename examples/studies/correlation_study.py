"""The correlation of noise that is found in single images, next to the true one.

    python examples/studies/correlation_study.py

Needs Set12, PolyU, CC15 and the small sets of SIDD and FMD; takes a minute of one core.
"""

import math

import numpy as np

from denoisebench.noise.correlation_estimator import noise_correlation
from denoisebench.registry.loader import load

DRAWN = {"gaussian:25": 0.0, "gaussian:5": 0.0, "correlated:25:0.5": 0.5, "correlated:25:1.0": 1.0}
"""Noise, and the standard deviation of its blur in pixels."""

GIVEN = ("polyu", "cc15", "sidd-val5", "fmd-confocal5")


def true_correlation(noise: np.ndarray) -> float:
    """Of neighbours in rows and columns of (C, H, W), the mean of both."""
    noise = noise.astype(np.float64) - noise.mean(axis=(1, 2), keepdims=True)
    right = (noise[:, :, 1:] * noise[:, :, :-1]).mean()
    below = (noise[:, 1:] * noise[:, :-1]).mean()
    return float((right + below) / 2.0 / np.square(noise).mean())


def main() -> None:
    registries = load()
    print("| images | found | least | most | true |\n| --- | --- | --- | --- | --- |")

    def row(name: str, found: list[float], true: float) -> None:
        print(
            f"| {name} | {np.median(found):.2f} | {min(found):.2f} | {max(found):.2f}"
            f" | {true:.2f} |"
        )

    for spec, blur_px in DRAWN.items():
        noise = registries.noise(spec)
        found = []
        for image in registries.image_set("set12").images:
            correlation = noise_correlation(noise.noisy(image.load(), seed=0)[0])
            assert correlation is not None
            found.append(correlation.of_neighbours)
        row(f"set12, {spec}", found, math.exp(-1.0 / (4.0 * blur_px**2)) if blur_px else 0.0)
    for name in GIVEN:
        found, true = [], []
        for image in registries.image_set(name).images:
            pair = image.read()
            assert pair.noisy is not None
            correlation = noise_correlation(pair.noisy)
            assert correlation is not None
            found.append(correlation.of_neighbours)
            true.append(true_correlation(pair.noisy - pair.clean))
        row(name, found, float(np.median(true)))


if __name__ == "__main__":
    main()
