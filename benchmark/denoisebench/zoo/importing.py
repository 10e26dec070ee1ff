"""Weights that a method's original code trained: read without running code, stored as ours.

The files are pickles.  They pass through torch's weights-only unpickler, which makes tensors, plain
containers and the classes that the method names, and refuses everything else.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.files import ordinary_file
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.planning.ids import RECIPE_VERSION
from denoisebench.plugin.method import Imported, Task, TrainedMethod
from denoisebench.specs import config_spec
from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.weights_file import Header, file_hash, read_header, write_weights

if TYPE_CHECKING:
    from torch import nn

UNKNOWN = "unknown (imported)"
"""How imported weights were trained, as their recipe says it."""


def import_weights(
    path: Path, method: TrainedMethod[Any], noise: Noise, parameters: TrainingKnowledge, out: Path
) -> None:
    """Store what `path` holds as weights of `method` in `out`.

    noise, parameters: what the weights were trained on, as whoever trained them says.  Raises
    UserError for a file that holds more than weights or others than the method's, for a noise that
    the method declines, and for an `out` that holds other weights.
    """
    sha256 = file_hash(path)
    stored = read_foreign(path, method.foreign_classes)
    try:
        imported, network = _rebuilt(method, stored, noise, parameters)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except PluginError as error:
        raise UserError(f"{path} cannot be imported: {error}") from error
    recipe = TrainingRecipe(
        version=RECIPE_VERSION,
        method=str(config_spec(method.name, imported.config)),
        config=asdict(imported.config),
        noise=str(noise),
        parameters=parameters,
        draws=UNKNOWN,
        train_set=UNKNOWN,
        channels=imported.channels,
        imported={"file": path.name, "sha256": sha256},
    )
    _store(out, network, recipe)


def _rebuilt(
    method: TrainedMethod[Any], stored: object, noise: Noise, parameters: TrainingKnowledge
) -> "tuple[Imported[Any], nn.Module]":
    """The method's reading of a file, and its network with those weights."""
    with plugin_code(method.name):
        imported = method.import_weights(stored)
        task = Task(noise, parameters, imported.channels)
        reason = method.declines(imported.config, task)
        if reason is not None:
            raise UserError(f"{method.name} declines {noise}, {parameters} parameters: {reason}")
        network = method.network(imported.config, task)
        network.load_state_dict(dict(imported.tensors))
    return imported, network


def _store(out: Path, network: "nn.Module", recipe: TrainingRecipe) -> None:
    if out.exists() and read_header(out).recipe != recipe:
        raise UserError(f"--out {out} is there and holds other weights; give another name")
    write_weights(out, network, Header(recipe, {}, {}))


def read_foreign(path: Path, classes: Sequence[type]) -> object:
    """The content of a torch.save file; tensors on the CPU.

    classes: what it may hold beside tensors and plain containers. Raises UserError, with the file's
    name, for a broken file and for any other content; nothing in it is ever run.
    """
    import torch
    from torch.serialization import safe_globals

    try:
        with safe_globals(list(classes)), warnings.catch_warnings(action="ignore"):
            return torch.load(ordinary_file(path), map_location="cpu", weights_only=True)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything in the unpickler
        raise UserError(f"{path} {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """The fault of a file; torch's own messages are long and advise to switch safety off."""
    text = str(error)
    found = re.search(r"GLOBAL ((?:\w+\.)+\w+)", text)
    if found:
        return f"holds {found[1]}, which is not read: it could run code"
    if "TorchScript" in text:
        return "is a TorchScript archive, which is a program; a state dict is wanted"
    return "is broken, or no file that torch.save wrote"
