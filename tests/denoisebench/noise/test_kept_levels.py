"""Levels and families that are read off ordinary photographs are those of `kept_levels.csv`.

A change of the estimators that moves them shows here.  Where it is meant to,

    python tests/denoisebench/noise/test_kept_levels.py

writes the file anew; docs/estimates.md then needs its figures measured again.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from denoisebench.images.pixels import Pixels
from denoisebench.noise_models.family_estimator import decide_family
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

KEPT = Path(__file__).with_name("kept_levels.csv")
HEADER = ["image", "noise", "level", "family"]
NOISES = ("gaussian:5", "gaussian:25", "poisson:0.05", "gamma:50", "weibull:5")
SIDE = 112
"""Of the middle of a photograph, in pixels."""


def photographs(registries: Registries) -> dict[str, Pixels]:
    """The middles of the gray samples, which come with scikit-image."""
    images = {image.id: image.load() for image in registries.image_set("samples-gray").images}
    corners = {name: [(n - SIDE) // 2 for n in image.shape[1:]] for name, image in images.items()}
    return {
        name: images[name][:, top : top + SIDE, left : left + SIDE]
        for name, (top, left) in corners.items()
    }


def readings(registries: Registries) -> Iterator[tuple[str, str, float, str]]:
    """Image, noise, the level that is read off it, and the family that it is told as."""
    for name, clean in photographs(registries).items():
        for text in NOISES:
            noise = registries.noise(text)
            noisy, _ = noise.noisy(clean, seed=0)
            level = noise.family.estimate(noisy)
            assert level is not None
            yield name, text, level, decide_family(noisy).family or "cannot tell"


def test_levels_of_photographs_are_as_they_were():
    with KEPT.open(encoding="utf-8", newline="") as file:
        kept = {(row["image"], row["noise"]): row for row in csv.DictReader(file)}
    found = {(image, noise): (level, family) for image, noise, level, family in readings(load())}
    assert {which: float(row["level"]) for which, row in kept.items()} == pytest.approx(
        {which: level for which, (level, _) in found.items()},
        rel=1e-4,  # processors round differently
    )
    assert {which: row["family"] for which, row in kept.items()} == {
        which: family for which, (_, family) in found.items()
    }


if __name__ == "__main__":
    with KEPT.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows((*rest, f"{level:.8g}", f) for *rest, level, f in readings(load()))
