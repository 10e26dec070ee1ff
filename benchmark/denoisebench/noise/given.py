"""The noise of image sets with given noisy images."""

from collections.abc import Callable, Sequence
from statistics import median

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet, LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge

CHECKED_PX = 128
"""How much of an image is asked first whether it has the told level, from its centre."""

CONTRADICTS = 2.0
"""The ratio of an estimated level to the told one, or its inverse, beyond which they disagree."""


def noisy_of(image: LoadedImage, noise: Noise, seed: int) -> tuple[Pixels, float | None]:
    """The noisy image and its level: the given one, if there is one, else drawn by `noise`.

    A given image is what `noise` says: its level is None where that is a range.
    """
    if image.noisy is None:
        return noise.noisy(image.clean, seed=seed)
    return image.noisy, None if noise.is_range else noise.low


def take_given_noise(
    image_set: ImageSet, noise: Noise, parameters: TrainingKnowledge, note: Callable[[str], None]
) -> None:
    """Note that a set's noise is given.  Raises UserError for a range of
    known levels, and for noise that must be given and is not."""
    if noise.is_real and not image_set.noisy_is_given:
        raise UserError(
            f"{noise} noise cannot be drawn, and {image_set.spec} gives no noisy images; give"
            " a data set that does, as pairs:NOISY_DIR:CLEAN_DIR"
        )
    if not image_set.noisy_is_given:
        return
    if noise.is_real:
        note(
            f"{image_set.spec}: its noisy images are used as given; their noise is unknown,"
            f" and methods treat it as {noise.treated_as}"
        )
        return
    if noise.is_range and parameters == "known":
        example = Noise(noise.family, noise.low, noise.low)
        raise UserError(
            f"{image_set.spec} gives its noisy images and {noise} is a range: give the one"
            f" level they have, as --noise {example}, or --parameters unknown"
        )
    note(f"{image_set.spec}: its noisy images are used as given and taken for {noise} noise")


def contradiction(spec: str, images: Sequence[LoadedImage], noise: Noise) -> str | None:
    """That given noisy images have another level than `noise`, in a line.

    The first, the middle and the last are looked at.  None where one of them may have the level,
    or there is nothing to compare.
    """
    if not noise.family.can_estimate:
        return None
    found = []
    for index in sorted({0, len(images) // 2, len(images) - 1}):
        noisy = images[index].noisy
        level = None if noisy is None else _other_level(noise, noisy)
        if level is None:
            return None
        found.append(level)
    return (
        f"{spec}: its noisy images look like {noise.family.name}:{median(found):.3g}, and {noise}"
        " was told (correlated noise, as a JPEG's, looks weaker than it is)"
    )


def _other_level(noise: Noise, noisy: Pixels) -> float | None:
    """The level of an image (C, H, W) if it is far from that of `noise`; None where it is not, or
    is not told."""
    level: float | None = None
    for part in (_centre(noisy), noisy):
        level = noise.family.read(part).level
        if level is None or noise.low / CONTRADICTS <= level <= noise.high * CONTRADICTS:
            return None
    return level


def _centre(noisy: Pixels) -> Pixels:
    top, left = ((side - min(side, CHECKED_PX)) // 2 for side in noisy.shape[1:])
    return noisy[:, top : top + CHECKED_PX, left : left + CHECKED_PX]
