"""Save the images of a cell, as pictures and as arrays.

OUT/pictures/SET/NOISE/METHOD-CELL/ holds noisy | denoised | clean of each image side by side as
NAME.png, and a folder of PNGs for each output of the method.  Where the values of the clean image
(of the noisy one, where there is none) are far from [0, 1], all three are stretched alike by its
percentiles.  OUT/arrays/SET/NOISE/METHOD-CELL/ holds the folders `noisy`, `denoised` and one for
each output, with float32 NAME.npy, (H, W) or (H, W, 3), neither clipped nor rounded, as `folder:`
reads them.  In both, levels.csv has a line for each image: the level of its noise, the method's
estimate of it, the values that pictures show as black and white, and the names of the outputs.  An
image that was not denoised, since it does not tell the level, has no files and no line.  If a
protocol repeats an image, this is its first repeat.
"""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from denoisebench.files import file_names, npy_bytes, ordinary_file, safe_name, write_whole
from denoisebench.images.pixels import Pixels
from denoisebench.images.shown_range import shown_range
from denoisebench.planning.plan import CellPlan
from denoisebench.results.csv_text import csv_rows, csv_text
from denoisebench.specs import number_text

Kind = Literal["pictures", "arrays"]

_ENDINGS: Mapping[Kind, str] = {"pictures": ".png", "arrays": ".npy"}
_FOLDERS: Mapping[Kind, tuple[str, ...]] = {"pictures": ("",), "arrays": ("noisy", "denoised")}
"""The folders of every method; each output has another, of its name."""

RESERVED = ("noisy", "denoised", "clean")
"""Names that no output may have."""

_LEVELS = "levels.csv"
_LEVELS_HEADER = ["image", "level", "level_estimate", "black", "white", "outputs"]


class SavedOutput(NamedTuple):
    """An output of a method.  pixels: (1 or C, H, W).  white: the value shown as white."""

    pixels: Pixels
    white: float


@dataclass(frozen=True, slots=True, eq=False)
class DenoisedImage:
    """One denoised image with everything to save.  (C, H, W) each.  clean: None for none."""

    image: str
    clean: Pixels | None
    noisy: Pixels
    denoised: Pixels
    outputs: Mapping[str, SavedOutput]
    level: float | None
    level_estimate: float | None

    @property
    def shown_range(self) -> tuple[float, float]:
        """The values that pictures show as black and white."""
        return shown_range(self.noisy if self.clean is None else self.clean)


@dataclass(frozen=True, slots=True)
class Saver:
    """Saves the images of one cell under `out`, in the asked kinds: none, one or both."""

    cell: CellPlan
    out: Path
    kinds: tuple[Kind, ...] = ()
    _lines: list[list[str]] = field(default_factory=list)

    def folder(self, kind: Kind) -> Path:
        """Where the files of a kind go."""
        parts = [safe_name(self.cell.image_set.spec), safe_name(str(self.cell.noise))]
        return self.out.joinpath(kind, *parts, f"{self.cell.method.name}-{self.cell.id}")

    def save(self, finding: DenoisedImage) -> None:
        """Save one image.  Raises UserError when a file cannot be written."""
        if not self.kinds:
            return
        for kind in self.kinds:
            files = _pictures(finding) if kind == "pictures" else _arrays(finding)
            for folder, data in files.items():
                write_whole(self._path(kind, folder, finding.image), data)
        levels = (finding.level, finding.level_estimate, *finding.shown_range)
        texts = ["" if level is None else number_text(level) for level in levels]
        self._lines.append([finding.image, *texts, " ".join(finding.outputs)])

    def finish(self) -> None:
        """Write levels.csv after the last image."""
        text = csv_text([_LEVELS_HEADER, *self._lines])
        for kind in self.kinds:
            write_whole(self.folder(kind) / _LEVELS, text.encode())

    def missing(self, left_out: Collection[tuple[str, int]] = ()) -> bool:
        """Whether a file of a requested kind is missing.  left_out: image and repeat of what was
        not denoised."""
        ids = [image.id for image in self.cell.image_set.images]
        wanted = [image for image in ids if (image, 0) not in left_out]
        return any(self._missing(kind, wanted) for kind in self.kinds)

    def _missing(self, kind: Kind, wanted: Sequence[str]) -> bool:
        try:
            text = ordinary_file(self.folder(kind) / _LEVELS).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return True
        lines = csv_rows(text)[1:]
        if [line[0] for line in lines] != wanted:
            return True
        return not all(
            self._path(kind, folder, line[0]).exists()
            for line in lines
            for folder in (*_FOLDERS[kind], *line[-1].split())
        )

    def _path(self, kind: Kind, folder: str, image: str) -> Path:
        names = file_names([image.id for image in self.cell.image_set.images])
        return self.folder(kind) / folder / f"{names[image]}{_ENDINGS[kind]}"


def _pictures(finding: DenoisedImage) -> dict[str, bytes]:
    """PNGs by folder."""
    black, white = finding.shown_range
    shown = [finding.noisy, finding.denoised, *([] if finding.clean is None else [finding.clean])]
    strip = (np.concatenate(shown, axis=2) - np.float32(black)) / np.float32(white - black)
    outputs = {name: _png(shown.pixels / shown.white) for name, shown in finding.outputs.items()}
    return {"": _png(strip), **outputs}


def _arrays(finding: DenoisedImage) -> dict[str, bytes]:
    """.npy files by folder."""
    outputs = {name: npy_bytes(shown.pixels) for name, shown in finding.outputs.items()}
    return {"noisy": npy_bytes(finding.noisy), "denoised": npy_bytes(finding.denoised), **outputs}


def _png(pixels: Pixels) -> bytes:
    """(C, H, W) in [0, 1], clipped and rounded to 8 bits."""
    from PIL import Image

    levels = np.rint(pixels.clip(0.0, 1.0) * 255.0).astype(np.uint8).transpose(1, 2, 0)
    stream = io.BytesIO()
    Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels).save(stream, "PNG")
    return stream.getvalue()
