"""The state from which an interrupted training continues. The file is either whole or absent, is
checked against the SHA-256 at its end, and is read in a way that runs no code."""

import hashlib
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from denoisebench.errors import UserError
from denoisebench.files import ordinary_file, write_whole

_DIGEST_BYTES = 32


def write_checkpoint(path: Path, settings: str, state: Mapping[str, Any]) -> None:
    """Save a training's state of tensors and plain values, with the settings it was made with.

    Raises UserError when it cannot be written.
    """
    file = io.BytesIO()  # torch makes an error of its own of what a full disk raises
    torch.save({"settings": settings, **state}, file)
    archive = file.getvalue()
    write_whole(path, archive + hashlib.sha256(archive).digest())


def resume(
    path: Path, settings: str, device: torch.device, take: Callable[[Mapping[str, Any]], None]
) -> None:
    """Give the state in a file to `take`.

    Raises UserError for a damaged file, one made with other settings, and a state that `take`
    cannot use.
    """
    data = ordinary_file(path).read_bytes()
    archive, digest = data[:-_DIGEST_BYTES], data[-_DIGEST_BYTES:]
    try:
        # The archive's own checksums leave out its directory, where one bit empties a tensor.
        if hashlib.sha256(archive).digest() != digest:
            raise ValueError("its bytes are not those that were written")
        file = io.BytesIO(archive)
        state: dict[str, Any] = torch.load(file, map_location=device, weights_only=True)
        if state["settings"] != settings:
            raise ValueError(_differences(state["settings"], settings))
        take(state)
    except MemoryError:
        raise
    except Exception as error:  # a damaged file may raise anything
        reason = " ".join(str(error).split())[:120]
        raise UserError(
            f"checkpoint {path} cannot be resumed ({reason}); delete it to train from the start"
        ) from error


def _differences(stored: str, settings: str) -> str:
    """The settings of a checkpoint, as text, that differ from today's."""
    before, now = (text.removesuffix(")").split(", ") for text in (stored, settings))
    then = [item for item in before if item not in now]
    here = [item for item in now if item not in before]
    return f"it was made with {', '.join(then)}, not {', '.join(here)}"
