"""Trained denoisers on disk: safetensors with a JSON header, never pickle, so no file can run code.

The header says what the weights are: the recipe they were trained by and what happened then.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from denoisebench.documents import json_value, typed
from denoisebench.errors import UserError
from denoisebench.files import write_whole
from denoisebench.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from torch import nn

KEY = "denoisebench"
"""The name of the header in the file's metadata."""


class Outcome(TypedDict, total=False):
    """What is read of a training's outcome; there may be more in it."""

    train_s: float | None
    precision: str | None
    device: str | None
    device_name: str | None
    threads: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """What a weights file says of itself.

    recipe: how it was trained.  images: pixel hash -> id of each
    image trained on.  outcome: train_s, steps skipped, device, precision and versions.
    """

    recipe: TrainingRecipe
    images: dict[str, str]
    outcome: dict[str, Any]


def write_weights(path: Path, network: "nn.Module", header: Header) -> None:
    """Save `network` with its header; the file appears whole or not at all.

    Raises UserError when it cannot be written.
    """
    from safetensors.torch import save

    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    write_whole(path, save(tensors, metadata=_metadata(header)), durable=True)


def _metadata(header: Header) -> dict[str, str]:
    text = {"recipe": header.recipe.to_json(), "images": header.images, "outcome": header.outcome}
    return {KEY: json.dumps(text, sort_keys=True)}


def halve(path: Path, out: Path) -> None:
    """Write a weights file anew in float16, with its header.

    Raises UserError for a file that is not one of ours, for weights that float16 cannot hold, and
    when `out` cannot be written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file, save

    header = read_header(path)
    try:
        stored = load_file(path)
    except (SafetensorError, OSError) as error:
        raise _damaged(path, error) from None
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in stored.items()}
    for name, tensor in tensors.items():
        if not bool(tensor.isfinite().all()):
            raise UserError(f"weights {path}: {name} holds numbers that float16 cannot")
    write_whole(out, save(tensors, metadata=_metadata(header)), durable=True)


def same_tensors(one: Path, other: Path) -> bool:
    """Whether two weights files hold the same tensors, bit by bit, whatever their headers say."""
    return _tensor_bytes(one) == _tensor_bytes(other)


def _tensor_bytes(path: Path) -> tuple[dict[str, Any], bytes]:
    """What tensors a file holds, by name, and their numbers.  UserError when it is damaged."""
    read_header(path)
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    index = json.loads(data[8:end])
    del index["__metadata__"]
    return index, data[end:]


def read_header(path: Path) -> Header:
    """The header of a weights file, without its tensors.  UserError when it is not one of ours."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            if size > 100_000_000:
                raise ValueError("its header is too long")
            text = json_value(file.read(size))["__metadata__"][KEY]
        header = typed(json_value(text), Header)
        typed(header.outcome, Outcome)
    except OSError as error:
        raise UserError(f"weights {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, error) from None
    return header


def load_into(path: Path, network: "nn.Module") -> None:
    """Put a weights file's tensors into `network`, float32.  UserError when they do not fit."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
        network.load_state_dict({k: v.float() for k, v in tensors.items()})
    except (SafetensorError, RuntimeError, OSError) as error:
        raise _damaged(path, error) from None


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"weights {path}: {error.strerror or error}") from None


def _damaged(path: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split())[:100]
    return UserError(
        f"weights {path}: damaged, or not a denoisebench weights file ({reason});"
        " give a .safetensors file that a training wrote"
    )
