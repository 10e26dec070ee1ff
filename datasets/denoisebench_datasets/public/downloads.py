"""Where the files of a public image set are on this machine, and how they get there.

A file is looked for in $DENOISEBENCH_DATA/<folder>/, which is the user's own and never written to,
then in the cache: $DENOISEBENCH_CACHE, or the platform's cache folder.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from denoisebench.plugin import Pixels, Progress, ProgressCallback, UserError
from denoisebench_datasets.reading.encoded import quiet
from denoisebench_datasets.reading.reader import decode_image, read_bytes

RETRIES = 4
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that can be downloaded, known by its content."""

    folder: str  # where it lies below $DENOISEBENCH_DATA and the cache
    image: str
    sha256: str
    url: str

    def __str__(self) -> str:
        return f"{self.folder}/{self.image}"


def cache_dir() -> Path:
    """The folder that downloads go to."""
    given = os.environ.get("DENOISEBENCH_CACHE")
    if given:
        return Path(given).expanduser()
    import pooch

    return Path(pooch.os_cache("denoisebench"))


def find(file: RemoteFile) -> Path | None:
    """Where the file is on this machine, unchecked; None when it is nowhere."""
    own = _in_own_data(file)
    if own is not None:
        return own
    cached = cache_dir() / file.folder / file.image
    return cached if cached.is_file() else None


def _in_own_data(file: RemoteFile) -> Path | None:
    root = os.environ.get("DENOISEBENCH_DATA")
    path = Path(root).expanduser() / file.folder / file.image if root else None
    return path if path is not None and path.is_file() else None


def load(file: RemoteFile, set_name: str) -> Pixels:
    """The file's pixels, after its bytes are found to be the recorded ones.

    Raises UserError, with the command that brings `set_name` here, when they are not.
    """
    path = find(file)
    if path is None:
        raise UserError(f"{file} is not on this machine; run `bench datasets fetch {set_name}`")
    data = read_bytes(path)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise UserError(_not_the_recorded(path, set_name))
    return decode_image(data, str(path))


def _not_the_recorded(path: Path, set_name: str) -> str:
    remedy = f"remove it and run `bench datasets fetch {set_name}`"
    return f"{path} is not the recorded file (its SHA-256 differs); {remedy}"


def fetch(files: Sequence[RemoteFile], set_name: str, progress: ProgressCallback) -> None:
    """Download what is missing, or broken in the cache; check every file.  Raises UserError.

    A download is written to a temporary name, checked, then renamed.
    """
    for done, file in enumerate(files):
        progress(Progress(f"fetch {set_name}", done, len(files), file.image))
        own = _in_own_data(file)
        if own is None:
            _download(file)
        elif hashlib.sha256(read_bytes(own)).hexdigest() != file.sha256:
            raise UserError(_not_the_recorded(own, set_name))
    progress(Progress(f"fetch {set_name}", len(files), len(files)))


def _download(file: RemoteFile) -> None:
    import pooch

    folder = cache_dir() / file.folder
    source = pooch.create(
        path=folder,
        base_url="",
        registry={file.image: f"sha256:{file.sha256}"},
        urls={file.image: file.url},
        retry_if_failed=RETRIES,
    )
    try:
        with quiet(pooch.get_logger()):
            source.fetch(file.image, downloader=pooch.HTTPDownloader(timeout=TIMEOUT_S))
    except (OSError, ValueError) as error:  # no network, refused, or other bytes than recorded
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise UserError(
            f"{file} cannot be fetched from {file.url}: {reason}; "
            f"try again, or put the file at {folder / file.image}"
        ) from None
