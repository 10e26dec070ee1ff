"""Files: names and bytes of the suite's files. Each appears whole, and none is read
that would block."""

import errno
import hashlib
import io
import os
import platform
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, BinaryIO

from denoisebench.errors import OutputError

if TYPE_CHECKING:
    from denoisebench.images.pixels import Pixels

LONGEST_NAME = 100
"""Bytes.  File systems take 255; numbers, endings and hidden copies need some of them."""

STALE_S = 24 * 3600
"""After this long, a half-written file belongs to no process."""


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


def ordinary_file(path: Path) -> Path:
    """`path`, which can be opened without waiting: one that may be a stranger's is asked first.

    Raises OSError for a pipe or a device, which may give nothing or never end, and when there is
    no such file.

    >>> ordinary_file(Path("/dev/null"))
    Traceback (most recent call last):
    OSError: [Errno 22] it is a pipe or a device; give a file: '/dev/null'
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # who opens a folder is told so
        raise OSError(errno.EINVAL, "it is a pipe or a device; give a file", str(path))
    return path


def npy_bytes(pixels: "Pixels") -> bytes:
    """(C, H, W) as the .npy file of a float32 array (H, W) or (H, W, 3)."""
    import numpy as np

    stream = io.BytesIO()
    image = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)
    np.save(stream, np.ascontiguousarray(image, dtype=np.float32), allow_pickle=False)
    return stream.getvalue()


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a new binary file that replaces `path` when the block ends without an exception.

    It outlives a power cut.  A symbolic link at `path` is replaced, never followed.  Safe with
    parallel writers of one path: the last one stays.  When anything is raised, nothing is left.
    Raises UserError when the file cannot be written, and for a pipe or a device at `path`.

    >>> with whole_file(Path("levels.csv")) as file:
    ...     count = file.write(b"image,level")
    >>> Path("levels.csv").read_text()
    'image,level'
    """
    part = hidden_part(path)
    with told_of_writing(path, part):
        if path.exists() and not path.is_symlink():
            ordinary_file(path)
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            with suppress(OSError):  # what went wrong before is what is told
                part.unlink()
            raise
        sync_folder(path.parent)


def hidden_part(path: Path) -> Path:
    """A new name beside `path` for what becomes it; removes what killed processes left there."""
    # Hidden, and of another ending than `path`: whoever lists files of its kind does not see it.
    _sweep_once(path.parent)
    return path.with_name(f".{os.getpid()}-{_host()}-{secrets.token_hex(4)}.part")


@contextmanager
def told_of_writing(path: Path, *parts: Path) -> Iterator[None]:
    """Make what the system refuses an OutputError that names `path`; parts: the files and folders
    that are written to.

    An OSError of another file, which the block read, say, passes.
    """
    try:
        yield
    except OSError as error:
        if error.filename is not None:
            named = Path(str(error.filename))
            if named not in (path, *path.parents) and not {named, *named.parents} & {*parts}:
                raise
        raise OutputError(f"{path} cannot be written: {error.strerror or error}") from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file as `whole_file` does, and the folders above it.

    Raises UserError when it cannot be written.
    """
    with told_of_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(data)


def append_line(path: Path, line: str) -> None:
    """Add a line to a file, which is made if need be, and the folders above it.

    A symbolic link is replaced, never followed.  Raises UserError when it cannot be written.
    """
    with told_of_writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        with open(path, "a", encoding="utf-8", opener=_of_no_link) as file:
            file.write(line)


def _of_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` outlive a power cut."""
    if os.name == "nt":  # opens no folders, and needs no such call
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what `hidden_part` named in a folder when its process was killed.

    That is one of a process of this machine that runs no more, or one that nobody wrote to for a
    day.
    """
    for part in folder.glob(".*.part"):
        pid, host = (*part.name[1:].split("-"), "")[:2]
        with suppress(OSError):  # gone already, or not ours to remove
            dead = host == _host() and pid.isdecimal() and not process_runs(int(pid))
            if dead or time.time() - part.stat().st_mtime > STALE_S:
                remove(part)


def remove(path: Path) -> None:
    """Remove a file, a link, or a folder with all that is in it.  Raises OSError as `unlink`."""
    if path.is_dir() and not path.is_symlink():
        rmtree(path)
    else:
        path.unlink()


@cache
def _sweep_once(folder: Path) -> None:
    """Sweep a folder when this process writes there for the first time."""
    sweep(folder)


@cache
def _host() -> str:
    """A mark of this machine: process numbers of two say nothing of each other."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def process_runs(pid: int) -> bool:
    """Whether this machine has a process of this number; Windows is not asked, and says yes."""
    if os.name == "nt":
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # of another user
        return True
    return True
