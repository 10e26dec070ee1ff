"""Where an interrupted training goes on from: its state in a file that is there whole or not at
all, checked against the checksums in it, and read in a way that runs no code."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from denoisebench.errors import UserError
from denoisebench.files import ordinary_file, write_whole


def write_checkpoint(path: Path, settings: str, state: Mapping[str, Any]) -> None:
    """Save a training's state of tensors and plain values, with the settings it was made with.

    Raises UserError when it cannot be written.
    """
    file = io.BytesIO()  # torch makes an error of its own of what a full disk raises
    torch.save({"settings": settings, **state}, file)
    write_whole(path, file.getvalue())


def resume(
    path: Path, settings: str, device: torch.device, take: Callable[[Mapping[str, Any]], None]
) -> None:
    """Give the state in a file to `take`.

    Raises UserError for a damaged file, one made with other settings, and a state that `take`
    cannot use.
    """
    file = io.BytesIO(ordinary_file(path).read_bytes())
    try:
        damaged = zipfile.ZipFile(file).testzip()  # torch writes checksums and looks at none
        if damaged is not None:
            raise ValueError(f"{damaged} is not what was written")
        file.seek(0)
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
    """What of a checkpoint's settings, as text, is not as it is now."""
    before, now = (text.removesuffix(")").split(", ") for text in (stored, settings))
    then = [item for item in before if item not in now]
    here = [item for item in now if item not in before]
    return f"it was made with {', '.join(then)}, not {', '.join(here)}"
