"""Files that the suite writes: the names and bytes of images, and that each appears whole."""

import hashlib
import io
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from denoisebench.errors import UserError

if TYPE_CHECKING:
    from denoisebench.images.pixels import Pixels

LONGEST_NAME = 100
"""Bytes.  File systems take 255, of which numbers, endings and hidden copies need some."""


def safe_name(text: str) -> str:
    """`text` as a file name that may be part of a spec, of at most LONGEST_NAME bytes.

    The end of a longer name is replaced by a hash of the text.
    """
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in text)
    if len(name.encode()) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{name.encode()[: LONGEST_NAME - 9].decode(errors='ignore')}-{digest}"


def file_names(ids: Sequence[str]) -> dict[str, str]:
    """A file name for each of these images: its own without ending, numbered where two are alike.

    ids: of all images of a set, in their order.
    """
    names = [safe_name(Path(image).stem) for image in ids]
    if len(set(names)) < len(names):
        names = [f"{number:05}-{name}" for number, name in enumerate(names, start=1)]
    return dict(zip(ids, names, strict=True))


def npy_bytes(pixels: "Pixels") -> bytes:
    """(C, H, W) as the .npy file of a float32 array (H, W) or (H, W, 3)."""
    import numpy as np

    stream = io.BytesIO()
    image = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)
    np.save(stream, np.ascontiguousarray(image, dtype=np.float32), allow_pickle=False)
    return stream.getvalue()


@contextmanager
def whole_file(path: Path, *, durable: bool = False) -> Iterator[BinaryIO]:
    """Open a new binary file that replaces `path` when the block ends without an exception.

    durable: wait until the file would outlive a power cut.  Safe with parallel writers of one path:
    the last one stays.  When anything is raised, an OSError of writing included, nothing is left.

    >>> with whole_file(Path("levels.csv")) as file:
    ...     count = file.write(b"image,level")
    >>> Path("levels.csv").read_text()
    'image,level'
    """
    # Hidden, and of another ending than `path`: whoever lists files of its kind does not see it.
    part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if durable and os.name != "nt":  # Windows opens no folders, and needs no such call
        _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Write a file as `whole_file` does, and the folders above it.

    Raises UserError when it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, durable=durable) as file:
            file.write(data)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}") from None
