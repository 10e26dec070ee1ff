"""Weights of the official Noise2Score and NoiseAdaptive2Score codes, for `SharedUNet`.

Their files are a plain state dict (`<epoch>_net_f.pth`) or an exponential moving average
(`<epoch>_ema_f.pth`: {decay, num_updates, shadow_params}), whose tensors come without names, in the
order of the parameters, which is that of the state dict.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from denoisebench.nn import SharedUNet
from denoisebench.plugin import CHANNEL_WORDS, UserError

LAYERS = {
    "_block1.0": "down1.convs.0",
    "_block1.2": "down1.convs.1",
    "_block2.0": "down.convs.0",
    "_block3.0": "up5.convs.0",
    "_block3.2": "up5.up",
    "_block4.0": "up4.convs.0",
    "_block4.2": "up4.convs.1",
    "_block4.4": "up4.up",
    "_block5.0": "up.convs.0",
    "_block5.2": "up.convs.1",
    "_block5.4": "up.up",
    "_block6.0": "tail.0",
    "_block6.2": "tail.1",
    "_block6.4": "tail.2",
}
"""Each layer of the official network, in order -> ours.  Each has a weight and a bias."""

NAMES = {f"{a}.{part}": f"{b}.{part}" for a, b in LAYERS.items() for part in ("weight", "bias")}


def read_official(stored: object) -> tuple[int, dict[str, Tensor]]:
    """Channels and the state of a `SharedUNet`, from what an official file holds.

    Raises UserError for anything else, naming the first tensor that is missing, unknown, of the
    wrong shape or not finite.
    """
    tensors = _by_official_name(stored)
    channels = _channels(tensors["_block1.0.weight"])
    with torch.device("meta"):
        shapes = {name: tensor.shape for name, tensor in SharedUNet(channels).state_dict().items()}
    for official, ours in NAMES.items():
        _check(official, tensors[official], shapes[ours])
    return channels, {ours: tensors[official].float() for official, ours in NAMES.items()}


def _by_official_name(stored: object) -> dict[str, Tensor]:
    """The 28 tensors under the names of the plain state dict, their shapes unchecked."""
    if not isinstance(stored, Mapping):
        raise UserError(f"it holds a {type(stored).__name__}; a state dict or an EMA is wanted")
    if "shadow_params" in stored:
        return _in_order(stored["shadow_params"])
    for name in NAMES:
        if name not in stored:
            raise UserError(
                f"there is no tensor {name}; Noise2Score's network has {len(NAMES)} of them"
            )
    for name in stored:
        if name not in NAMES:
            raise UserError(f"there is a {str(name)!r}, which Noise2Score's network has not")
    return {name: _tensor(name, stored[name]) for name in NAMES}


def _in_order(values: object) -> dict[str, Tensor]:
    if not isinstance(values, Sequence) or len(values) != len(NAMES):
        count = len(values) if isinstance(values, Sequence) else 0
        raise UserError(f"there are {count} shadow_params; Noise2Score's network has {len(NAMES)}")
    named = zip(NAMES, values, strict=True)
    return {name: _tensor(name, value) for name, value in named}


def _tensor(name: str, value: object) -> Tensor:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = f"{value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
        raise UserError(f"{name} is a {kind}; a float tensor is wanted")
    return value.detach()


def _channels(first: Tensor) -> int:
    channels = first.shape[1] if first.ndim == 4 else 0
    if channels not in CHANNEL_WORDS:
        shape = tuple(first.shape)
        raise UserError(f"_block1.0.weight has shape {shape}; (48, 1 or 3, 3, 3) is wanted")
    return channels


def _check(name: str, tensor: Tensor, shape: torch.Size) -> None:
    if tensor.shape != shape:
        raise UserError(f"{name} has shape {tuple(tensor.shape)}; {tuple(shape)} is wanted")
    if not tensor.isfinite().all():
        raise UserError(f"{name} has values that are not finite")
