"""Files of images that the suite writes: their names, their bytes, and that they appear whole."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.pixels import Pixels


def safe_name(text: str) -> str:
    """`text` as a file name that may stand in a spec."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)


def file_names(ids: Sequence[str]) -> dict[str, str]:
    """A file name for each of these images: its own without ending, numbered where two are alike.

    ids: of all images of a set, in their order.
    """
    names = [safe_name(Path(image).stem) for image in ids]
    if len(set(names)) < len(names):
        names = [f"{number:05}-{name}" for number, name in enumerate(names, start=1)]
    return dict(zip(ids, names, strict=True))


def npy_bytes(pixels: Pixels) -> bytes:
    """(C, H, W) as the .npy file of a float32 array (H, W) or (H, W, 3)."""
    stream = io.BytesIO()
    image = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)
    np.save(stream, np.ascontiguousarray(image, dtype=np.float32), allow_pickle=False)
    return stream.getvalue()


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, in place of an earlier one; it appears whole or not at all.

    Raises UserError when it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
