"""The interface of a plugin that offers image sets."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from denoisebench.images.image_set import ImageSet
from denoisebench.progress import ProgressCallback
from denoisebench.specs import Spec


class ImageSource(ABC):
    """A named image set, or a family of them (`folder:PATH`), that opens by its spec.

    >>> class Black(ImageSource):
    ...     name, summary = "black", "one black image"
    ...     def open(self, spec: Spec) -> ImageSet:
    ...         image = ImageFile("0", "0" * 64, lambda: np.zeros((1, 8, 8), np.float32))
    ...         return ImageSet(str(spec), GRAY, (image,))
    >>> Black().open(Spec("black")).images[0].read().clean.shape
    (1, 8, 8)
    """

    name: str
    summary: str

    @abstractmethod
    def open(self, spec: Spec) -> ImageSet:
        """The image set of `spec`, whose name is this source's.  Download nothing, and decode
        nothing unless an option of the spec asks for what only pixels tell.

        Raises UserError for a bad spec or an empty set.
        """

    def version(self, spec: Spec, channels: int) -> Spec | None:
        """The spec of the same images in gray (channels 1) or colour (3); None if there is none.

        Asked only if the set of `spec` has another number of channels.
        """
        return None

    def is_local(self, spec: Spec) -> bool:
        """Whether every file of the set is on this machine."""
        return True

    def fetch(self, spec: Spec, progress: "ProgressCallback") -> None:  # noqa: B027
        """Download every missing file and check it.  Raises UserError when it cannot."""


class FileOpener(ABC):
    """An image source that opens files by their paths, whatever their names.

    >>> class Files(FileOpener):
    ...     def open_path(self, path: Path) -> ImageSet:
    ...         image = ImageFile(path.name, "0" * 64, lambda: np.zeros((1, 4, 6), np.float32))
    ...         return ImageSet(str(path), GRAY, (image,))
    >>> Files().open_path(Path("day 2: slide.png")).images[0].id
    'day 2: slide.png'
    """

    @abstractmethod
    def open_path(self, path: Path) -> ImageSet:
        """The image of one file, or the images of a folder, each with the channels it is stored
        with; no other file is read.

        Raises UserError for what is no image, and for a folder without images.
        """


@dataclass(frozen=True, slots=True)
class PackChoice:
    """Which images are packed, and with how many channels.

    min_side_px, max_side_px: the range of both sides of an image, in pixels, inclusive.
    channels: 1 (gray), 3 (colour), or 0 for the channels of the files.  black, white: the values in
    the files that are 0 and 1 in the images; white is a number, `auto` for the largest value of
    all, or empty for what the type of the values says.  Raises ValueError for a range that holds no
    size.

    >>> PackChoice(min_side_px=64, channels=1).max_side_px is None
    True
    """

    min_side_px: int
    max_side_px: int | None = None
    channels: int = 0
    black: float = 0.0
    white: str = ""

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
    """The result of packing a folder.  left_out: reason -> a line for each such image.

    remark: as that of an `ImageSet`; empty for nothing.

    >>> packed = Packed(ImageSet("pack:p.bin", GRAY, ()), 4096, {"too small": ["a.png is 8x8"]})
    >>> packed.file_bytes, list(packed.left_out)
    (4096, ['too small'])
    """

    image_set: ImageSet
    file_bytes: int
    left_out: dict[str, list[str]]
    remark: str = ""


class ImagePacker(ABC):
    """An image source whose sets can be written: one file with the many images of a folder.

    >>> class Nothing(ImagePacker):
    ...     def pack(self, folder, out, choice, progress):
    ...         raise UserError(f"{folder} has no image of {choice.min_side_px} px or more")
    >>> Nothing().pack(Path("photos"), Path("p.bin"), PackChoice(64), print)
    Traceback (most recent call last):
    denoisebench.errors.UserError: photos has no image of 64 px or more
    """

    @abstractmethod
    def pack(
        self, folder: Path, out: Path, choice: PackChoice, progress: "ProgressCallback"
    ) -> Packed:
        """Write the images in and below `folder` into the new file `out`.

        The file appears whole or not at all.  Raises UserError if it exists, cannot be written or
        would hold no image.
        """
