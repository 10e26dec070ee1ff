"""Networks of other codes that the shelf has, read from the state dicts that these codes write.

- KAIR's DnCNN (cszn/KAIR, batch normalisation merged): it predicts the noise.
- The Noise2Noise of joeylitalien/noise2noise-pytorch: it predicts the image.
- Neighbor2Neighbor's U-Net (TaoHuang2018/Neighbor2Neighbor): it predicts the image.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from denoisebench.errors import UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.nn.output_scale import Predicts
from denoisebench.nn.shelf import build_network

PREFIX = "module."
"""Before each name in a file that was written by several GPUs."""


@dataclass(frozen=True, slots=True)
class ForeignNetwork:
    """A network that another code trained.

    network: its name on the shelf.  tensors: float32, under the shelf's names.

    >>> tensors = build_network("dncnn", GRAY).state_dict()
    >>> ForeignNetwork("dncnn", "noise", GRAY, tensors).network
    'dncnn'
    """

    network: str
    predicts: Predicts
    channels: int
    tensors: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class _Format:
    """How a code names a network of the shelf.

    layers: its name of each layer, in its order -> ours; each has a weight and a bias.
    """

    words: str
    network: str
    predicts: Predicts
    layers: Mapping[str, str]
    names: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        parts = ("weight", "bias")
        named = {f"{a}.{p}": f"{b}.{p}" for a, b in self.layers.items() for p in parts}
        object.__setattr__(self, "names", named)

    @property
    def first(self) -> str:
        """The weight of the layer that takes the image."""
        return next(iter(self.names))


def _dncnn(name: str, depth: int) -> _Format:
    layers = {f"model.{2 * k}": f"convs.{k}" for k in range(depth)}
    return _Format(f"KAIR's DnCNN of {depth} layers", name, "noise", layers)


_NOISE2NOISE = _Format(
    "joeylitalien's Noise2Noise",
    "unet-shared-relu",
    "image",
    {
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
    },
)

_NEIGHBOR2NEIGHBOR = _Format(
    "Neighbor2Neighbor's network",
    "unet-transposed",
    "image",
    {"enc_conv0": "down.0.0", "enc_conv1": "down.0.1"}
    | {f"enc_conv{k}": f"down.{k - 1}.0" for k in range(2, 7)}
    | {f"up{5 - k}.deconv": f"up.{k}" for k in range(5)}
    | {f"dec_conv{5 - k}{'ab'[i]}": f"after.{k}.{i}" for k in range(5) for i in range(2)}
    | {"nin_a": "tail.0", "nin_b": "tail.1", "nin_c": "head"},
)

_FORMATS = (_dncnn("dncnn", 17), _dncnn("dncnn-deep", 20), _NOISE2NOISE, _NEIGHBOR2NEIGHBOR)


def read_network(stored: object) -> ForeignNetwork:
    """The network in what a file of one of these codes holds: a plain state dict.

    Raises UserError for anything else, naming the first tensor that is missing, unknown, of the
    wrong shape or not finite.

    >>> read_network({"weight": torch.zeros(1)})
    Traceback (most recent call last):
    denoisebench.errors.UserError: it is of none of these: KAIR's DnCNN of 17 layers, ...
    """
    if not isinstance(stored, Mapping):
        raise UserError(f"it holds a {type(stored).__name__}; a state dict is wanted")
    state = {str(name).removeprefix(PREFIX): value for name, value in stored.items()}
    found = _format_of(state)
    for name in found.names:
        if name not in state:
            raise UserError(f"there is no tensor {name}; {found.words} has it")
    for name in state:
        if name not in found.names:
            raise UserError(f"there is a {name!r}, which {found.words} has not")
    channels = _channels(found.first, _tensor(found.first, state[found.first]))
    with torch.device("meta"):
        shapes = {
            n: t.shape for n, t in build_network(found.network, channels).state_dict().items()
        }
    tensors = {
        ours: _checked(name, _tensor(name, state[name]), shapes[ours])
        for name, ours in found.names.items()
    }
    return ForeignNetwork(found.network, found.predicts, channels, tensors)


def _format_of(state: Mapping[str, object]) -> _Format:
    """The format with the first layer of the state; of several, the one with as many layers."""
    alike = [known for known in _FORMATS if known.first in state]
    if not alike:
        known = ", ".join(one.words for one in _FORMATS)
        raise UserError(f"it is of none of these: {known}")
    return next((one for one in alike if len(one.names) == len(state)), alike[0])


def _tensor(name: str, value: object) -> Tensor:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        kind = f"{value.dtype} tensor" if isinstance(value, Tensor) else type(value).__name__
        raise UserError(f"{name} is a {kind}; a float tensor is wanted")
    return value.detach()


def _channels(name: str, first: Tensor) -> int:
    channels = first.shape[1] if first.ndim == 4 else 0
    if channels not in CHANNEL_WORDS:
        raise UserError(f"{name} has shape {tuple(first.shape)}; 1 or 3 channels are wanted")
    return channels


def _checked(name: str, tensor: Tensor, shape: torch.Size) -> Tensor:
    if tensor.shape != shape:
        raise UserError(f"{name} has shape {tuple(tensor.shape)}; {tuple(shape)} is wanted")
    if not tensor.isfinite().all():
        raise UserError(f"{name} has values that are not finite")
    return tensor.float()
