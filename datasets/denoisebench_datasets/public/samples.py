"""Photographs that come inside scikit-image: the sets that need no download.

`samples` is colour; `samples-gray` adds scikit-image's gray photographs to the luma of the colour
ones.  No scene has images in both parts.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from denoisebench.plugin import (
    COLOUR,
    GRAY,
    ImageFile,
    ImageSet,
    ImageSource,
    Pixels,
    ProgressCallback,
    Spec,
    UserError,
    build_config,
    config_spec,
)
from denoisebench_datasets.public.known_overlaps import shares_of
from denoisebench_datasets.public.tables import table
from denoisebench_datasets.reading.reader import decode_image, read_bytes

REMEDY = "the samples are those of scikit-image 0.26; run `pip install scikit-image==0.26.*`"


@dataclass(frozen=True, kw_only=True)
class SamplesConfig:
    """Which part of the samples: `test` or `train`."""

    part: str = "test"

    def __post_init__(self) -> None:
        if self.part not in ("test", "train"):
            raise ValueError(f"part is test or train, not {self.part!r}")


class SamplesSource(ImageSource):
    """The samples in colour, or all of them in gray."""

    licence = "most are public domain or CC0; the documentation of skimage.data has each one's"
    source = "https://scikit-image.org/docs/stable/api/skimage.data.html"

    def __init__(self, gray: bool) -> None:
        """gray: the luma of the colour photographs, and the gray photographs."""
        self._gray = gray
        self.name = "samples-gray" if gray else "samples"
        kind = "gray" if gray else "colour"
        self.summary = f"{kind} photographs of scikit-image, no download; part=train to train on"

    def open(self, spec: Spec) -> ImageSet:
        """The part asked for; its hashes are the recorded ones, checked when an image is loaded."""
        config = build_config(SamplesConfig, spec)
        canonical = str(config_spec(self.name, config))
        colour = self._part(canonical, config.part, COLOUR)
        if not self._gray:
            return colour
        luma = colour.gray(canonical)
        gray = self._part(canonical, config.part, GRAY)
        return replace(luma, images=luma.images + gray.images, shares=luma.shares + gray.shares)

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The same part of `samples-gray`, which has more images."""
        return replace(spec, name=f"{self.name}-gray") if channels == GRAY else None

    def is_local(self, spec: Spec) -> bool:
        """Whether the installed scikit-image has the files."""
        images = self.open(spec).images
        return find_spec("skimage") is not None and all(_path(i.id).is_file() for i in images)

    def fetch(self, spec: Spec, progress: ProgressCallback) -> None:
        """Nothing to download.  Raises UserError when scikit-image lacks a file."""
        if not self.is_local(spec):
            raise UserError(f"{self.name} is not complete here; {REMEDY}")

    def _part(self, spec: str, part: str, channels: int) -> ImageSet:
        images = tuple(
            ImageFile(row["image"], row["sha256"], partial(_load, row["image"], row["sha256"]))
            for row in table("samples.csv")
            if row["part"] == part and int(row["channels"]) == channels
        )
        return ImageSet(spec, channels, images, shares_of("samples", {i.id for i in images}))


def _path(image: str) -> Path:
    package = find_spec("skimage")
    if package is None or not package.submodule_search_locations:
        raise UserError(f"scikit-image is not installed; {REMEDY}")
    return Path(package.submodule_search_locations[0]) / "data" / image


def _load(image: str, sha256: str) -> Pixels:
    path = _path(image)
    if not path.is_file():
        raise UserError(f"the installed scikit-image has no {image}; {REMEDY}")
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UserError(f"{path} is not the recorded file (its SHA-256 differs); {REMEDY}")
    return decode_image(data, str(path))
