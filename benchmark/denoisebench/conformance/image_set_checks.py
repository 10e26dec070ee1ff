"""Checks of an image source, with the set that its spec opens."""

import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import FrameType
from typing import Any

import numpy as np

from denoisebench.conformance.check import Outcome, Rule, failed, noted, passed, skipped
from denoisebench.conformance.places import place_of
from denoisebench.conformance.static_checks import ANY
from denoisebench.conformance.subject import Subject
from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageFile, ImageSet, IndexedFile
from denoisebench.images.pixels import Pixels, pixel_hash, to_gray
from denoisebench.plugin.image_source import ImageSource
from denoisebench.specs import Spec

MOST_IMAGES = 12
"""The number of images of a set that are read."""

DECODERS = {
    "PIL.ImageFile": ("load",),
    "tifffile.tifffile": ("asarray", "imread"),
    "numpy.lib.format": ("read_array",),
    "numpy.lib._format_impl": ("read_array",),
    "imageio.v3": ("imread",),
    "skimage.io._io": ("imread",),
}
"""Functions that decode pixels, by their modules."""

_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(eq=False, kw_only=True)
class ImageSetSubject(Subject):
    """An image source, and the spec that is opened."""

    spec: Spec

    @property
    def source(self) -> ImageSource:
        assert isinstance(self.thing, ImageSource)  # by its kind
        return self.thing

    @cached_property
    def images(self) -> ImageSet:
        return self.source.open(self.spec)

    @cached_property
    def read(self) -> list[tuple[ImageFile, Pixels]]:
        """The first images, and their pixels."""
        return [(image, image.load()) for image in self.images.images[:MOST_IMAGES]]


Judge = Callable[[ImageSetSubject], Outcome]


def _of_local(judge: Judge) -> Judge:
    """A judge that leaves out sets that need a download, or a setting that is not given."""

    def judged(subject: ImageSetSubject) -> Outcome:
        try:
            if not subject.source.is_local(subject.spec):
                return skipped("it is not on this machine")
            _ = subject.images
        except UserError as error:
            return skipped(f"{subject.spec} does not open: {error}")
        return judge(subject)

    return judged


def ids(subject: ImageSetSubject) -> Outcome:
    where = subject.place("open")
    names = [image.id for image in subject.images.images]
    for name, count in Counter(names).most_common(1):
        if count > 1:
            text = f"{name!r} is the id of {count} images"
            return failed(text, "Give each image an id of its own.", where)
    for image in subject.images.images:
        if not _SHA256.fullmatch(image.sha256):
            text = f"{image.id} has the SHA-256 {image.sha256[:20]!r}"
            return failed(text, "Give the hash of the stored file, in 64 hex digits.", where)
    return passed() if names == sorted(names) else noted("the ids are not in order")


def stable(subject: ImageSetSubject) -> Outcome:
    again = subject.source.open(subject.spec)
    if again.digest != subject.images.digest:
        text = "a set that is opened twice has two digests"
        advice = "Ids, hashes and their order depend on the files alone."
        return failed(text, advice, subject.place("open"))
    return passed()


def lazy(subject: ImageSetSubject) -> Outcome:
    if subject.spec.options:
        return skipped("an option may ask for what only pixels tell")
    found: list[str] = []

    def hear(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            names = DECODERS.get(str(frame.f_globals.get("__name__")), ())
            if frame.f_code.co_name in names:
                found.append(f"{frame.f_globals['__name__']}.{frame.f_code.co_name}")

    before = sys.getprofile()
    sys.setprofile(hear)
    try:
        subject.source.open(subject.spec)
    finally:
        sys.setprofile(before)
    if found:
        text = f"open decodes pixels: it calls {found[0]}"
        return failed(text, "Decode in `load`.", subject.place("open"))
    return passed()


def pixels(subject: ImageSetSubject) -> Outcome:
    largest = 0.0
    for image, loaded in subject.read:
        where = place_of(image.load, subject.origin.files) or subject.place("open")
        if loaded.dtype != np.float32 or loaded.ndim != 3:
            text = f"{image.id} is {loaded.dtype} {loaded.shape}"
            return failed(text, "Return float32, (C, H, W).", where)
        if loaded.shape[0] != subject.images.channels:
            text = (
                f"{image.id} has {loaded.shape[0]} channels in a set of {subject.images.channels}"
            )
            return failed(text, "All images have the channels of the set.", where)
        if not np.isfinite(loaded).all():
            return failed(f"{image.id} has pixels that are not finite", "Leave them out.", where)
        if not np.array_equal(loaded, image.load()):
            return failed(
                f"{image.id} is not the same when it is read again", "Read it anew.", where
            )
        largest = max(largest, float(loaded.max()), 1.0 - float(loaded.min()))
    if largest > 1.0:
        return noted("pixels lie outside [0, 1]", largest)
    return passed(largest, 1.0)


def size(subject: ImageSetSubject) -> Outcome:
    """The record of an image is true."""
    told = [(image, loaded) for image, loaded in subject.read if image.size is not None]
    if not told:
        return skipped("it records no sizes")
    where, advice = subject.place("open"), "Record the height and the width, and `pixel_hash`."
    for image, loaded in told:
        if image.size != loaded.shape[1:]:
            text = f"{image.id} is recorded as {image.size} and is {loaded.shape[1:]}"
            return failed(text, advice, where)
        if not isinstance(image, IndexedFile):
            continue
        for name, made in (("pixel_sha256", loaded), ("gray_sha256", to_gray(loaded))):
            recorded = getattr(image, name)
            if recorded and recorded != pixel_hash(made):
                return failed(f"{name} of {image.id} is not that of its pixels", advice, where)
    return passed()


RULES: tuple[Rule[ImageSetSubject], ...] = (
    *ANY,
    Rule(
        "set-ids",
        "Ids are unique and in order, hashes are SHA-256.",
        _of_local(ids),
        ("signature",),
    ),
    Rule("set-stable", "Two openings give one digest.", _of_local(stable), ("set-ids",)),
    Rule("set-lazy", "Opening decodes no pixels.", _of_local(lazy), ("set-ids",)),
    Rule(
        "set-pixels", "Images are float32, (C, H, W), in [0, 1].", _of_local(pixels), ("set-ids",)
    ),
    Rule("set-size", "Recorded sizes and hashes are true.", _of_local(size), ("set-pixels",)),
)
