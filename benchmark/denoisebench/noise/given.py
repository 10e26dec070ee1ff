"""The noise of image sets with given noisy images."""

from collections.abc import Callable

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet, LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge


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
