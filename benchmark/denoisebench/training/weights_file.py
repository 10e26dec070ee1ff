"""Trained denoisers on disk: safetensors with a JSON header, never pickle, so no file can run code.

The header says what the weights are: the recipe they were trained by and what happened then.  It
also holds a digest of the file, by which damage is found whenever the weights are used.  Files from
before there was a digest are read as they are.
"""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypedDict

from denoisebench.documents import json_value, typed
from denoisebench.errors import UserError
from denoisebench.files import ordinary_file, write_whole
from denoisebench.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from torch import Tensor, nn

FILE = "weights.safetensors"
"""The name of the file in the folder of a training."""

KEY = "denoisebench"
"""The name of the header in the file's metadata."""

_BLANK = "0" * 64
"""The text that stands for the digest while it is computed."""


class Outcome(TypedDict, total=False):
    """The known part of a training's outcome; there may be more in it."""

    train_s: float | None
    precision: str | None
    device: str | None
    device_name: str | None
    threads: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a weights file.

    recipe: how it was trained.  images: pixel hash -> id of each image trained on.  outcome:
    train_s, steps skipped, device, precision and versions.
    """

    recipe: TrainingRecipe
    images: dict[str, str]
    outcome: dict[str, Any]


def weights_file(text: str) -> Path:
    """The file that a user names: by its path, by the folder of a training, or by the id of one
    under results/trainings, or the beginning of that.

    Raises UserError for a beginning of several ids.
    """
    path = Path(text).expanduser()
    if path.is_dir():
        return path / FILE
    trainings = Path("results", "trainings")
    if path.exists() or not re.fullmatch("[0-9a-f]{4,16}", text) or not trainings.is_dir():
        return path
    near = sorted(each.name for each in trainings.iterdir() if each.name.startswith(text))
    if len(near) > 1:
        raise UserError(f"weights {text!r} may be of {', '.join(near)}; give more of the id")
    return trainings / near[0] / FILE if near else path


def write_weights(path: Path, network: "nn.Module", header: Header) -> None:
    """Save `network` with its header; the file appears whole or not at all.

    Raises UserError when it cannot be written.
    """
    tensors = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    _write(path, tensors, header)


def _write(path: Path, tensors: "dict[str, Tensor]", header: Header) -> None:
    from safetensors.torch import save

    said = {"recipe": header.recipe.to_json(), "images": header.images, "outcome": header.outcome}
    text = json.dumps({"digest": _BLANK, **said}, sort_keys=True)
    data = save(tensors, metadata={KEY: text})
    digest = hashlib.sha256(data).hexdigest()
    write_whole(path, data.replace(_stored(_BLANK), _stored(digest), 1))


def _stored(digest: str) -> bytes:
    """A digest as it stands in a file: it comes first in the header, which is JSON in JSON."""
    return rf'"{{\"digest\": \"{digest}\"'.encode()


def halve(path: Path, out: Path) -> None:
    """Write a weights file anew in float16, with its header.

    Raises UserError for a file that is not one of ours, for weights that float16 cannot hold, and
    when `out` cannot be written.
    """
    header = read_header(path)
    stored = _tensors(path)
    tensors = {k: v.half() if v.is_floating_point() else v for k, v in stored.items()}
    for name in not_finite(tensors):
        raise UserError(f"weights {path}: {name} holds numbers that float16 cannot")
    _write(out, tensors, header)


def same_tensors(one: Path, other: Path) -> bool:
    """Whether two weights files hold the same tensors, bit by bit, whatever their headers say."""
    return _tensor_bytes(one) == _tensor_bytes(other)


def _tensor_bytes(path: Path) -> tuple[dict[str, Any], bytes]:
    """The names of a file's tensors, and the number of their values.  UserError when it is
    damaged."""
    read_header(path)
    data = _bytes(path)
    end = 8 + int.from_bytes(data[:8], "little")
    index = json.loads(data[8:end])
    del index["__metadata__"]
    return index, data[end:]


def read_header(path: Path) -> Header:
    """The header of a weights file, without its tensors.  UserError when it is not one of ours."""
    try:
        with ordinary_file(path).open("rb") as file:
            return _parsed(path, file)[0]
    except OSError as error:
        raise _unreadable(path, error) from None


def _parsed(path: Path, file: BinaryIO) -> tuple[Header, str | None]:
    """The header, and the digest of the file if it has one."""
    try:
        size = int.from_bytes(file.read(8), "little")
        if size > 100_000_000:
            raise ValueError("its header is too long")
        said = json_value(json_value(file.read(size))["__metadata__"][KEY])
        digest = said.pop("digest", None)
        if said.keys() != {"recipe", "images", "outcome"}:
            raise ValueError(f"its header says {', '.join(sorted(said)) or 'nothing'}")
        header = typed(said, Header)
        typed(header.outcome, Outcome)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(path, str(error)) from None
    return header, digest


def load_into(path: Path, network: "nn.Module") -> None:
    """Put a weights file's tensors into `network`, float32.

    Raises UserError when the file is damaged, holds numbers that are not finite, or does not fit.
    """
    try:
        network.load_state_dict({k: v.float() for k, v in _tensors(path).items()})
    except RuntimeError as error:
        raise _damaged(path, str(error)) from None


def _tensors(path: Path) -> "dict[str, Tensor]":
    """The tensors of a file that is what was written, all of them finite."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    data = _bytes(path)
    _, digest = _parsed(path, io.BytesIO(data))
    if digest is not None and _digest_of(data, digest) != digest:
        raise _damaged(path, "its bytes are not those that were written")
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise _damaged(path, str(error)) from None
    for name in not_finite(tensors):
        raise UserError(
            f"weights {path}: {name} holds numbers that are not finite; {_remedy(path)}"
        )
    return tensors


def _digest_of(data: bytes, stored: str) -> str:
    """SHA-256 (hex) of a file's bytes with `_BLANK` in place of the digest that they store."""
    before, _, after = data.partition(_stored(stored))
    digest = hashlib.sha256(before)
    digest.update(_stored(_BLANK))
    digest.update(after)
    return digest.hexdigest()


def not_finite(tensors: "Mapping[str, Tensor]") -> list[str]:
    """The names of the tensors that hold a NaN or an infinite number."""
    return [name for name, tensor in tensors.items() if not _finite(tensor)]


def _finite(tensor: "Tensor") -> bool:
    import torch

    if tensor.numel() and tensor.dtype in (torch.float16, torch.float32):
        return all(bool(end.isfinite()) for end in tensor.aminmax())  # in one pass; NaN is both
    return bool(tensor.isfinite().all())


def refuse_changed(path: Path, sha256: str) -> None:
    """Raise UserError for a file that is not the one that had this SHA-256."""
    if file_hash(path) != sha256:
        raise UserError(f"weights {path}: the file changed after the run began; begin it again")


def file_hash(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    return hashlib.sha256(_bytes(path)).hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return ordinary_file(path).read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"weights {path}: {error.strerror or error}")


def _damaged(path: Path, why: str) -> UserError:
    reason = " ".join(why.split())[:100]
    return UserError(
        f"weights {path}: damaged, or not a denoisebench weights file ({reason}); {_remedy(path)}"
    )


def _remedy(path: Path) -> str:
    if path.name == "weights.safetensors" and path.parent.parent.name == "trainings":
        return "delete this file, and the command that trained it trains it again"
    return "give a .safetensors file that a training wrote"
