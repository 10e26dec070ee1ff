"""The images a page shows: found under `OUT/pictures`, made small, each kept once.

A picture there is noisy | denoised | clean side by side, 8 bits; a page has lossy WebP of each.
"""

import base64
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.files import file_names, ordinary_file
from denoisebench.plugin import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

QUALITY = 80
"""Of WebP, 0..100.  At 80 what is lost is about a tenth of the error of a good denoiser."""


@dataclass(frozen=True, slots=True)
class Triple:
    """The keys of one image's pictures, and its size in pixels."""

    noisy: str
    denoised: str
    clean: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Album:
    """Pictures by key, as base64 of WebP; two that are the same bytes are one."""

    pictures: dict[str, str] = field(default_factory=dict)

    def open(self, path: Path) -> Triple | None:
        """Take in the three images of one file; None where there is no such file.

        Raises UserError for a file that is not three images of one size side by side.
        """
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(ordinary_file(path)) as strip:
                strip.load()
        except FileNotFoundError:
            return None
        except (OSError, UnidentifiedImageError):
            raise _damaged(path, "it is no image") from None
        width, rest = divmod(strip.width, 3)
        if rest:
            raise _damaged(path, f"its width, {strip.width}, is not that of three images")
        noisy, denoised, clean = (
            self._add(strip.crop((left, 0, left + width, strip.height)))
            for left in (0, width, 2 * width)
        )
        return Triple(noisy, denoised, clean, width, strip.height)

    def _add(self, image: "Image") -> str:
        raw = hashlib.sha256(image.mode.encode() + repr(image.size).encode() + image.tobytes())
        key = raw.hexdigest()[:16]
        if key not in self.pictures:
            stream = io.BytesIO()
            image.convert("RGB").save(stream, "WEBP", quality=QUALITY)
            self.pictures[key] = base64.b64encode(stream.getvalue()).decode("ascii")
        return key


def picture_folders(results: Path) -> dict[str, Path]:
    """The folder of each cell's pictures, by the cell's id."""
    folders = (results / "pictures").glob("*/*/*-*")
    return {folder.name.rpartition("-")[2]: folder for folder in folders}


def picture_files(folder: Path, images: Sequence[str]) -> Mapping[str, Path]:
    """The file of each image of a set.  images: all ids of the set, in order."""
    return {image: folder / f"{name}.png" for image, name in file_names(images).items()}


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"the picture {path} is damaged: {why}; delete its folder, and a run with --save-images"
        " makes it anew"
    )
