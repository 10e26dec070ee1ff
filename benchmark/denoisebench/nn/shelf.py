"""The shelf of networks that methods share: their names, and how one is built by its name.

Configs check names against it, so it imports torch only to build.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

_CLASSES = {
    "unet": ("denoisebench.nn.unet", "UNet"),
    "unet-shared": ("denoisebench.nn.shared_unet", "SharedUNet"),
    "unet-large": ("denoisebench.nn.noise2noise_keras", "LargeUNet"),
    "unet-residual": ("denoisebench.nn.residual_unet", "ResidualUNet"),
    "unet-residual-half": ("denoisebench.nn.residual_unet", "HalfResidualUNet"),
    "srresnet": ("denoisebench.nn.noise2noise_keras", "SRResNet"),
}
"""Name -> module and class."""

NETWORKS = tuple(_CLASSES)

UNSTEADY: Mapping[str, str] = {
    "unet-large": "drops features at random in training",
    "srresnet": "normalises over the batch in training",
}
"""Networks whose output for an image depends in training on more than the image, and how."""


def refuse_unknown_network(name: str) -> None:
    """Raise ValueError, naming the field and the known names, for a name not on the shelf."""
    if name not in NETWORKS:
        raise ValueError(f"network: {name!r} is none of {', '.join(NETWORKS)}")


def build_network(name: str, channels: int, outputs: int | None = None) -> "nn.Module":
    """A network with its first weights: (B, channels, H, W) -> (B, outputs, H, W).

    name: one of NETWORKS.  outputs: as many as `channels` if left out.  Its attribute `multiple`
    is what H and W must be divisible by.
    """
    module, kind = _CLASSES[name]
    network: nn.Module = getattr(importlib.import_module(module), kind)(channels, outputs)
    return network


def module_of(config: object) -> tuple[str, ...]:
    """The module of the network that a method's config names, for ids; none if it names none."""
    name = getattr(config, "network", None)
    return (_CLASSES[name][0],) if name in _CLASSES else ()
