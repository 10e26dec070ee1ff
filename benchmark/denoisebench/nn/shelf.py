"""The shelf of networks that methods share: their names, and how to build one by its name.

Configs check names against it, so it imports torch only to build.
"""

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from denoisebench.plugin.tiling import Tiling

if TYPE_CHECKING:
    from torch import nn

_CLASSES = {
    "unet": ("denoisebench.nn.unet", "UNet"),
    "unet-shared": ("denoisebench.nn.shared_unet", "SharedUNet"),
    "unet-large": ("denoisebench.nn.noise2noise_keras", "LargeUNet"),
    "unet-residual": ("denoisebench.nn.residual_unet", "ResidualUNet"),
    "unet-residual-half": ("denoisebench.nn.residual_unet", "HalfResidualUNet"),
    "srresnet": ("denoisebench.nn.noise2noise_keras", "SRResNet"),
    "dncnn": ("denoisebench.nn.dncnn", "DnCNN"),
    "dncnn-deep": ("denoisebench.nn.dncnn", "DeepDnCNN"),
    "unet-transposed": ("denoisebench.nn.transposed_unet", "TransposedUNet"),
    "unet-shared-relu": ("denoisebench.nn.shared_relu_unet", "SharedReLUUNet"),
}
"""Name -> module and class."""

NETWORKS = tuple(_CLASSES)

_DROPOUT = "denoisebench.nn.seeded_dropout"
_DROPPING = ("unet-large",)
"""Networks whose training draws from _DROPOUT."""

UNSTEADY: Mapping[str, str] = {
    "unet-large": "drops features at random in training",
    "srresnet": "normalises over the batch in training",
}
"""Networks whose output for an image depends in training on more than the image -> how.

>>> UNSTEADY["srresnet"]
'normalises over the batch in training'
"""


def refuse_unknown_network(name: str) -> None:
    """Raise ValueError, naming the field `network` and the known names, for an unknown name.

    >>> refuse_unknown_network("unet")
    >>> refuse_unknown_network("mlp")
    Traceback (most recent call last):
    ValueError: network: 'mlp' is none of unet, unet-shared, unet-large, ...
    """
    if name not in NETWORKS:
        raise ValueError(f"network: {name!r} is none of {', '.join(NETWORKS)}")


def build_network(name: str, channels: int, outputs: int | None = None) -> "nn.Module":
    """A network, freshly initialised: (B, channels, H, W) -> (B, outputs, H, W).

    name: one of `denoisebench.nn.shelf.NETWORKS`.  outputs: `channels` if left out.  H and W must
    be divisible by its attribute `multiple`.

    >>> build_network("unet-residual", channels=1, outputs=2)(torch.zeros(1, 1, 8, 8)).shape
    torch.Size([1, 2, 8, 8])
    """
    module, kind = _CLASSES[name]
    network: nn.Module = getattr(importlib.import_module(module), kind)(channels, outputs)
    return network


_TILINGS = {
    "unet": Tiling(multiple=32, halo=128, bytes_per_pixel=450),
    "unet-shared": Tiling(multiple=32, halo=160, bytes_per_pixel=1500),
    "unet-large": Tiling(multiple=16, halo=112, bytes_per_pixel=2500),
    "unet-residual": Tiling(multiple=8, halo=128, bytes_per_pixel=1000),
    "unet-residual-half": Tiling(multiple=8, halo=128, bytes_per_pixel=600),
    "srresnet": Tiling(multiple=1, halo=35, bytes_per_pixel=1500),
    "dncnn": Tiling(multiple=1, halo=17, bytes_per_pixel=1000),
    "dncnn-deep": Tiling(multiple=1, halo=20, bytes_per_pixel=1000),
    "unet-transposed": Tiling(multiple=32, halo=128, bytes_per_pixel=2100),
    "unet-shared-relu": Tiling(multiple=32, halo=160, bytes_per_pixel=1500),
}
"""Halos are all that a pixel of a tile can depend on, by the shapes of the layers.  Bytes are about
the peak of a process on the CPU in float32, measured on 320×320 pixels and more, rounded up."""


def network_tiling(name: str) -> Tiling:
    """How an image is cut into tiles for a network of the shelf; builds nothing.

    >>> network_tiling("unet").halo
    128
    """
    return _TILINGS[name]


def modules_of(config: object) -> tuple[str, ...]:
    """The modules of the network that a method's config names, for ids; none if it names none."""
    name = getattr(config, "network", None)
    if name not in _CLASSES:
        return ()
    return (_CLASSES[name][0], *([_DROPOUT] if name in _DROPPING else []))
