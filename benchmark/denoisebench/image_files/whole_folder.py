"""A folder of files that appears whole, as `files.whole_file` has it for a file."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree

from denoisebench.files import hidden_part, remove, sync_folder, told_of_writing


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Give a new folder that replaces `path` when the block ends without an exception.

    It outlives a power cut. The old folder at `path` stays until the new one is whole, and is
    removed before the new one moves in. Of a link only the link is removed. A process killed
    between the two leaves nothing at `path`.  Raises UserError when the folder cannot be written.
    """
    part = hidden_part(path)
    with told_of_writing(path, part):
        try:
            part.mkdir()
            yield part
            _sync(part)
            if path.exists() or path.is_symlink():
                old = hidden_part(path)
                path.rename(old)
                part.rename(path)
                remove(old)
            else:
                part.rename(path)
        except BaseException:
            with suppress(OSError):  # what went wrong before is what is told
                rmtree(part)
            raise
        sync_folder(path.parent)


def _sync(folder: Path) -> None:
    """Write all files below a folder to the disk."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with Path(parent, name).open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(Path(parent))
