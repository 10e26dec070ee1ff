"""What a plugin that offers image sets defines."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from denoisebench.images.image_set import ImageSet
from denoisebench.progress import ProgressCallback
from denoisebench.specs import Spec


class ImageSource(ABC):
    """A named image set, or a family of them (`folder:PATH`), that opens by its spec."""

    name: str
    summary: str

    @abstractmethod
    def open(self, spec: Spec) -> ImageSet:
        """The image set of `spec`, whose name is this source's.  Decodes and downloads nothing.

        Raises UserError for a bad spec or an empty set.
        """

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The spec of the same images in gray (1) or colour (3), which the set of `spec` is not.

        None when there is no such version.
        """
        return None

    def is_local(self, spec: Spec) -> bool:
        """Whether every file of the set is on this machine already."""
        return True

    def fetch(self, spec: Spec, progress: "ProgressCallback") -> None:  # noqa: B027
        """Bring every missing file to this machine, checked.  Raises UserError when it cannot."""


@dataclass(frozen=True, slots=True)
class PackChoice:
    """Which images are packed, and as what.  channels: 0 for what the files are.

    min_side_px, max_side_px: both sides of an image lie within, inclusive.
    """

    min_side_px: int
    max_side_px: int | None = None
    channels: int = 0

    def __post_init__(self) -> None:
        if self.min_side_px < 1:
            raise ValueError(f"the smallest side is {self.min_side_px}; give 1 pixel or more")
        if self.max_side_px is not None and self.max_side_px < self.min_side_px:
            raise ValueError(
                f"the sides run from {self.min_side_px} to {self.max_side_px} pixels: no image has"
                " such a size"
            )


@dataclass(frozen=True, slots=True)
class Packed:
    """What became of a folder that was packed.  left_out: reason -> a line for each such image."""

    image_set: ImageSet
    file_bytes: int
    left_out: dict[str, list[str]]


class ImagePacker(ABC):
    """An image source whose sets can be made: one file of the many images of a folder."""

    @abstractmethod
    def pack(
        self, folder: Path, out: Path, choice: PackChoice, progress: "ProgressCallback"
    ) -> Packed:
        """Write the images in and below `folder` into the new file `out`.

        The file appears whole or not at all.  Raises UserError when it exists, cannot be written
        or would hold no image.
        """
