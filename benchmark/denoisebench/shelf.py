"""The shelf of networks that methods share: their names, and how one is built by its name.

Configs check names against it, so it imports torch only to build.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

NETWORKS = (
    *("unet", "unet-shared", "unet-large", "unet-residual", "unet-residual-half"),
    "srresnet",
)

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
    from denoisebench.networks import UNet
    from denoisebench.networks_keras import LargeUNet, SRResNet
    from denoisebench.networks_residual import HalfResidualUNet, ResidualUNet
    from denoisebench.networks_shared import SharedUNet

    kinds: dict[str, Callable[[int, int | None], nn.Module]] = {
        "unet": UNet,
        "unet-shared": SharedUNet,
        "unet-large": LargeUNet,
        "unet-residual": ResidualUNet,
        "unet-residual-half": HalfResidualUNet,
        "srresnet": SRResNet,
    }
    return kinds[name](channels, outputs)
