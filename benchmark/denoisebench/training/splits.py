"""Noisy images, and clean images of other scenes: which image is on which side.

No scene is on both sides: a training that is shown them (`Evidence.UNPAIRED`) never sees the clean
version of a noisy image, nor the noisy version of a clean one.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet, LazyImages, LoadedImage

HELD_OUT_EVERY = 50
"""Hold out every n-th image to monitor the loss; smaller sets hold out none."""

HELD_OUT_OF_STREAMED = 32
"""The most images that are held out of a streamed set."""


@dataclass(frozen=True, slots=True)
class TrainingImages:
    """The images of a training.

    noisy: those that are shown noisy.  clean: those of other scenes that are shown clean; only
    UNPAIRED evidence has any.
    """

    noisy: Sequence[LoadedImage]
    clean: Sequence[LoadedImage] = ()


@dataclass(frozen=True, slots=True)
class ImageHashes:
    """The content of the training images, pixel hash -> id of each image."""

    noisy: Mapping[str, str]
    clean: Mapping[str, str]

    @property
    def all(self) -> dict[str, str]:
        return {**self.noisy, **self.clean}


def split_in_halves(
    image_set: ImageSet, pixels: Sequence[str], seed: int
) -> tuple[list[int], list[int]]:
    """The numbers of the images on the noisy side and on the clean side, in the set's order.

    A hash of each file's content and the seed decides, so the order and the names of the files do
    not, and the gray version of a set is divided as the colour one is.  Images known to show one
    scene stay together: the same file, the same pixels, or a record of the set.  The sides are of
    equal size, give or take one where the scenes allow it; the noisy one is the larger.

    pixels: the pixel hash of each image.  Raises UserError for a set of one scene.
    """

    def rank(scene: list[int]) -> tuple[int, str]:
        name = f"sides {seed} {min(image_set.images[number].sha256 for number in scene)}"
        return -len(scene), hashlib.sha256(name.encode()).hexdigest()

    noisy: list[int] = []
    clean: list[int] = []
    for scene in sorted(_scenes(image_set, pixels), key=rank):
        side = clean if len(clean) < len(noisy) else noisy
        side.extend(scene)
    if not clean:
        raise UserError(
            f"training set {image_set.spec} has one scene, which cannot be noisy in one half and"
            " clean in the other; give clean images of other scenes with --clean-set"
        )
    return sorted(noisy), sorted(clean)


def _scenes(image_set: ImageSet, pixels: Sequence[str]) -> list[list[int]]:
    """The numbers of the images of each scene."""
    scene_of = list(range(len(pixels)))  # its first image, as far as is known
    first: dict[str, int] = {}

    def join(one: int, other: int) -> None:
        ours, theirs = scene_of[one], scene_of[other]
        if ours != theirs:
            scene_of[:] = [ours if scene == theirs else scene for scene in scene_of]

    for number, (image, content) in enumerate(zip(image_set.images, pixels, strict=True)):
        for key in (image.sha256, content):
            join(first.setdefault(key, number), number)
    numbers = {image.id: number for number, image in enumerate(image_set.images)}
    for share in image_set.shares:
        if share.other_sha256 in first:
            join(numbers[share.image], first[share.other_sha256])
    scenes: dict[int, list[int]] = {}
    for number, scene in enumerate(scene_of):
        scenes.setdefault(scene, []).append(number)
    return list(scenes.values())


def take(images: Sequence[LoadedImage], numbers: Sequence[int]) -> Sequence[LoadedImage]:
    """The images with these numbers; reads no image of a streamed set."""
    if isinstance(images, LazyImages):
        return LazyImages([images.files[number] for number in numbers])
    return [images[number] for number in numbers]


def hold_out(shown: TrainingImages) -> tuple[TrainingImages, TrainingImages]:
    """The images to train on and those held out: of both sides, or of none."""
    (noisy, held_noisy), (clean, held_clean) = _split(shown.noisy), _split(shown.clean)
    if shown.clean and not (held_noisy and held_clean):
        return shown, TrainingImages([])
    return TrainingImages(noisy, clean), TrainingImages(held_noisy, held_clean)


def _split(images: Sequence[LoadedImage]) -> tuple[Sequence[LoadedImage], Sequence[LoadedImage]]:
    """The images to train on and those held out.  Reads no image of a streamed set."""
    if len(images) < HELD_OUT_EVERY:
        return images, []
    if not isinstance(images, LazyImages):
        every = HELD_OUT_EVERY
        rest = [image for i, image in enumerate(images) if (i + 1) % every]
        return rest, images[every - 1 :: every]
    every = max(HELD_OUT_EVERY, math.ceil(len(images) / HELD_OUT_OF_STREAMED))
    files = [file for i, file in enumerate(images.files) if (i + 1) % every]
    return LazyImages(files), images[every - 1 :: every]
