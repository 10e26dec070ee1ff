"""Weights of the official D-BSN code: a stage-1 file's three networks under our names.

Such a file is a dict of three state dicts, whose keys begin with `module.`, of three optimizers'
and three schedules' states, of `training_params` and of `args`, a Namespace.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dbsn.network import FIRST_BLOCK, DilatedBlindSpotNet, NoiseNet, SpreadNet
from denoisebench.nn import SCALE
from denoisebench.plugin import CHANNEL_WORDS, UserError

PARTS = {"blind": "dbsn", "spread": "sigma_mu", "noise": "sigma_n"}
"""Our word for each network -> the official one."""

OTHERS = {
    *(f"{kind}_state_{name}" for kind in ("optimizer", "schedule") for name in PARTS.values()),
    "training_params",
    "args",
}
"""Other entries of a file; none of them is used."""

PREFIX = "module."

GRAY_OFFSET = 3e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """The sizes of the three networks, as their constructors take them."""

    channels: int
    width: int
    blocks: int
    spread_hidden: int
    noise_hidden: int
    outputs: int


@dataclass(frozen=True, slots=True)
class Official:
    """The content of a file.  tensors: float32, under `blind.`, `spread.` and `noise.`."""

    sizes: Sizes
    tensors: Mapping[str, Tensor]


def read_official(stored: object) -> Official:
    """The networks' sizes and weights, from what an official stage-1 file holds.

    Raises UserError for anything else, naming the first entry or tensor that is missing, unknown,
    of the wrong shape or not finite.
    """
    if not isinstance(stored, Mapping):
        raise UserError(f"it holds a {type(stored).__name__}; a D-BSN stage-1 checkpoint is wanted")
    wanted = {part: f"state_dict_{name}" for part, name in PARTS.items()}
    for entry in wanted.values():
        if entry not in stored:
            raise UserError(f"there is no {entry}; a D-BSN stage-1 checkpoint has it")
    for entry in stored:
        if entry not in OTHERS and entry not in wanted.values():
            raise UserError(f"there is a {entry!r}, which a D-BSN stage-1 checkpoint has not")
    states = {part: _tensors(entry, stored[entry]) for part, entry in wanted.items()}
    sizes = _sizes(states)
    with torch.device("meta"):
        networks = _networks(sizes)
    for part, network in networks.items():
        _check(wanted[part], states[part], network.state_dict())
    tensors = {
        f"{part}.{key}": tensor.float()
        for part, state in states.items()
        for key, tensor in state.items()
    }
    return Official(sizes, tensors)


def _networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {
        "blind": DilatedBlindSpotNet(sizes.channels, sizes.width, sizes.blocks),
        "spread": SpreadNet(sizes.width, sizes.spread_hidden, sizes.outputs),
        "noise": NoiseNet(sizes.channels, sizes.noise_hidden, sizes.outputs),
    }


def _tensors(entry: str, state: object) -> dict[str, Tensor]:
    """A state dict without its prefix, its shapes unchecked."""
    if not isinstance(state, Mapping):
        raise UserError(f"{entry} is a {type(state).__name__}; a state dict is wanted")
    tensors = {}
    for key, value in state.items():
        if not isinstance(key, str) or not key.startswith(PREFIX):
            raise UserError(f"{entry} has a {key!r}; its keys begin with {PREFIX!r}")
        if not isinstance(value, Tensor) or not value.is_floating_point():
            kind = f"{value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
            raise UserError(f"{entry}: {key} is a {kind}; a float tensor is wanted")
        tensors[key.removeprefix(PREFIX)] = value.detach()
    return tensors


def _sizes(states: Mapping[str, Mapping[str, Tensor]]) -> Sizes:
    """Read off the shapes of a few tensors; what does not fit them shows when all are checked."""
    width, channels = _shape(states, "blind", "dbsn_head.0.weight")
    if channels not in CHANNEL_WORDS:
        raise UserError(f"its network takes {channels} channels; 1 or 3 are wanted")
    numbers = {key.split(".")[2] for key in states["blind"] if key.startswith("br1.branch.")}
    last = max((int(number) for number in numbers if number.isdecimal()), default=0)
    if last < FIRST_BLOCK or last > 99:
        raise UserError(
            f"state_dict_dbsn has no blocks in br1, {FIRST_BLOCK} to 99, and a last layer"
        )
    outputs, spread_hidden = _shape(states, "spread", "conv.4.weight")
    if outputs not in (1, channels, channels * (channels + 1) // 2):
        raise UserError(f"state_dict_sigma_mu has {outputs} outputs for {CHANNEL_WORDS[channels]}")
    _, noise_hidden = _shape(states, "noise", "conv_final.weight")
    return Sizes(
        channels=channels,
        width=width,
        blocks=last - FIRST_BLOCK,
        spread_hidden=spread_hidden,
        noise_hidden=noise_hidden,
        outputs=outputs,
    )


def _shape(states: Mapping[str, Mapping[str, Tensor]], part: str, key: str) -> tuple[int, int]:
    """Outputs and inputs of a 1×1 convolution."""
    entry, tensor = f"state_dict_{PARTS[part]}", states[part].get(key)
    if tensor is None:
        raise UserError(f"{entry} has no tensor {PREFIX}{key}")
    shape = tuple(tensor.shape)
    if len(shape) != 4 or shape[2:] != (1, 1) or 0 in shape:
        raise UserError(f"{entry}: {PREFIX}{key} has shape {shape}; a 1×1 convolution is wanted")
    return shape[0], shape[1]


def _check(entry: str, tensors: Mapping[str, Tensor], ours: Mapping[str, Tensor]) -> None:
    """Raise UserError unless the tensors have the names and shapes of ours, and are finite."""
    for key, model in ours.items():
        if key not in tensors:
            raise UserError(f"{entry} has no tensor {PREFIX}{key}")
        shape, wanted = tuple(tensors[key].shape), tuple(model.shape)
        if shape != wanted:
            raise UserError(f"{entry}: {PREFIX}{key} has shape {shape}; {wanted} is wanted")
        if not tensors[key].isfinite().all():
            raise UserError(f"{entry}: {PREFIX}{key} has values that are not finite")
    for key in tensors:
        if key not in ours:
            raise UserError(f"{entry} has a {PREFIX}{key}, which its network has not")


def in_our_coordinates(official: Official) -> dict[str, Tensor]:
    """The tensors for networks that take y − ½ where theirs take y, and whose outputs are μ − ½ and
    σx in tenths.  The same functions, to rounding: first and last layers are 1×1 and linear.
    """
    tensors = dict(official.tensors)
    for first in ("blind.dbsn_head.0", "noise.conv.0"):
        weight = tensors[f"{first}.weight"]
        tensors[f"{first}.bias"] = tensors[f"{first}.bias"] + 0.5 * weight.sum(dim=(1, 2, 3))
    mean, spread = "blind.dbsn_tail.4", "spread.conv.4"
    tensors[f"{mean}.bias"] = tensors[f"{mean}.bias"] - 0.5
    for last in (mean, spread):
        for part in ("weight", "bias"):
            tensors[f"{last}.{part}"] = tensors[f"{last}.{part}"] / SCALE
    if official.sizes.channels == 1:  # what the gray code adds to the network's output
        tensors["noise.conv_final.bias"] = tensors["noise.conv_final.bias"] + GRAY_OFFSET
    return tensors
