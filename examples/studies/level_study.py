"""The figures of docs/estimates.md: how well level and family are read off single images.

    python examples/studies/level_study.py

prints its tables: Set12 and the 256×256 centres of Kodak with drawn noise; photographs with masks,
borders and other things that hold no noise; Noise2Score on these; a detector's counts; and PolyU.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from tabulate import tabulate

import denoisebench
from denoisebench.noise_models.family_estimator import decide_family
from denoisebench.plugin import LevelReading, Pixels, to_gray
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.scoring.metrics import psnr_db

LEVELS = (
    *("gaussian:5", "gaussian:15", "gaussian:25", "gaussian:50"),
    *("poisson:0.01", "poisson:0.05", "gamma:50", "gamma:100"),
)
DETECTORS = ((2.0, 3.0, 100.0, 60.0), (1.0, 1.5, 100.0, 1000.0), (5.0, 2.0, 20.0, 30.0))
"""Gain, read noise and offset in the numbers of a 16-bit file, and photons at white."""


def field(image: Pixels, value: float) -> Pixels:
    """The image within a circle; beyond it is one value."""
    height, width = image.shape[1:]
    rows, columns = np.mgrid[:height, :width]
    beyond = np.hypot(rows - height / 2, columns - width / 2) > 0.45 * height
    return np.where(beyond, np.float32(value), image)


def bar(image: Pixels, value: float) -> Pixels:
    """The image with a bar of one value at its bottom."""
    image = image.copy()
    image[:, -image.shape[1] // 8 :] = value
    return image


def border(image: Pixels, value: float) -> Pixels:
    """The image within a border of 5 pixels."""
    inner = image[:, 5:-5, 5:-5]
    return np.pad(inner, ((0, 0), (5, 5), (5, 5)), constant_values=value)


def eight_bit(image: Pixels) -> Pixels:
    return (np.rint(np.clip(image, 0.0, 1.0) * 255.0) / 255.0).astype(np.float32)


SCENES: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda image: image,
    "in 8 bits": eight_bit,
    "round field, 0 beyond": lambda image: field(image, 0.0),
    "round field in 8 bits": lambda image: eight_bit(field(image, 0.0)),
    "round field, 0.5 beyond": lambda image: field(image, 0.5),
    "bar of 46/255": lambda image: bar(image, 46.0 / 255.0),
    "border of 5 pixels": lambda image: border(image, 0.3),
    "times 1e-6": lambda image: 1e-6 * image,
}

FLAT_SCENES = ("as it is", "border of 5 pixels", "bar of 46/255", "round field, 0 beyond")


def photographs(registries: Registries) -> dict[str, list[Pixels]]:
    """Set12, and the 256×256 centres of Kodak as luma."""
    kodak = [to_gray(image.load()) for image in registries.image_set("kodak").images]
    corners = [[(side - 256) // 2 for side in image.shape[1:]] for image in kodak]
    return {
        "set12": [image.load() for image in registries.image_set("set12").images],
        "kodak": [
            np.ascontiguousarray(image[:, top : top + 256, left : left + 256])
            for image, (top, left) in zip(kodak, corners, strict=True)
        ],
    }


def of_noise(registries: Registries, images: dict[str, list[Pixels]]) -> Iterator[list[str]]:
    """For each noise: the median error of the level on each set, and the verdicts."""
    for text in LEVELS:
        noise, verdicts, row = registries.noise(text), Counter[str](), [text]
        for clean in images.values():
            noisy = [noise.noisy(image, seed=0)[0] for image in clean]
            levels = [noise.family.read(image).required() for image in noisy]
            verdicts.update(decide_family(image).family or "cannot tell" for image in noisy)
            row.append(f"{np.median(np.abs(np.array(levels) / noise.low - 1.0)):.1%}")
        yield [*row, told(verdicts)]


def of_scenes(registries: Registries, clean: list[Pixels]) -> Iterator[list[str]]:
    """For each scene: the levels of gaussian:25 in it."""
    noise = registries.noise("gaussian:25")
    for name, scene in SCENES.items():
        readings = [noise.family.read(scene(noise.noisy(image, seed=0)[0])) for image in clean]
        yield [name, *spread(readings)]


def of_networks(registries: Registries, clean: list[Pixels]) -> Iterator[list[str]]:
    """For each scene with gaussian:25: the mean PSNR of Noise2Score's bundled weights for this
    level, and of those for an unknown one."""
    noise = registries.noise("gaussian:25")
    denoisers = [
        denoisebench.load_denoiser("noise2score", noise=str(noise), parameters=parameters)
        for parameters in ("known", "unknown")
    ]
    for name in FLAT_SCENES:
        scene, scores = SCENES[name], []
        for image in clean:
            noisy = scene(noise.noisy(image, seed=0)[0])
            denoised = [denoise(noisy[0]).clip(0.0, 1.0)[None] for denoise in denoisers]
            scores.append([psnr_db(x, scene(image), data_range=1.0) for x in denoised])
        known, unknown = np.mean(scores, axis=0)
        yield [name, f"{known:.2f}", f"{unknown:.2f}", f"{unknown - known:.2f}"]


def of_detectors(clean: list[Pixels]) -> Iterator[list[str]]:
    """For each detector: the verdicts on its images."""
    rng = np.random.default_rng(0)
    for gain, read, offset, peak in DETECTORS:
        verdicts = Counter[str]()
        for image in clean:
            counts = gain * rng.poisson(peak * image) + offset
            counts = counts + read * rng.standard_normal(image.shape)
            noisy = (np.clip(np.rint(counts), 0.0, 65535.0) / 65535.0).astype(np.float32)
            verdicts[decide_family(noisy).family or "cannot tell"] += 1
        yield [f"gain {gain:g}, read {read:g}, offset {offset:g}, {peak:g} photons", told(verdicts)]


def of_polyu(registries: Registries) -> list[str]:
    """The levels of every fifth image, as Gaussian noise, and the verdicts."""
    pairs = [image.read() for image in registries.image_set("polyu").images[::5]]
    noisy = [pair.noisy for pair in pairs if pair.noisy is not None]
    gaussian = registries.noises["gaussian"]
    verdicts = Counter(decide_family(image).family or "cannot tell" for image in noisy)
    return ["polyu", *spread(gaussian.read(image) for image in noisy), told(verdicts)]


def spread(readings: Iterable[LevelReading]) -> list[str]:
    """Least, median and greatest level, and how many images tell none."""
    levels = [reading.known for reading in readings]
    known = [level for level in levels if level is not None]
    shown = (
        [f"{value:.3g}" for value in np.quantile(known, [0.0, 0.5, 1.0])] if known else ["–"] * 3
    )
    return [*shown, str(len(levels) - len(known))]


def told(verdicts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in verdicts.most_common())


def main() -> None:
    registries = load()
    images = photographs(registries)
    heads = ["noise", *images, "told as"]
    print(tabulate(of_noise(registries, images), heads, "github"), end="\n\n")
    levels = ["least", "median", "greatest", "no level"]
    scenes = of_scenes(registries, images["set12"])
    print(tabulate(scenes, ["gaussian:25 on set12", *levels], "github"), end="\n\n")
    networks = of_networks(registries, images["set12"])
    heads = ["noise2score on set12", "known", "unknown", "difference"]
    print(tabulate(networks, heads, "github"), end="\n\n")
    print(tabulate(of_detectors(images["set12"]), ["detector", "told as"], "github"), end="\n\n")
    print(tabulate([of_polyu(registries)], ["given noise", *levels, "told as"], "github"))


if __name__ == "__main__":
    main()
