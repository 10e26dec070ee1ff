"""Methods that learn nothing from other images, from the noisy image itself to BM3D."""

from collections.abc import Iterable
from typing import Any

from classical.bm3d_methods import AnscombeBm3d, Bm3d
from classical.identity import Identity, IdentityConfig
from classical.skimage_filters import Nlm, Tv, Wavelet
from denoisebench.plugin import Method, hookimpl

__all__ = ["AnscombeBm3d", "Bm3d", "Identity", "IdentityConfig", "Nlm", "Tv", "Wavelet"]


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Identity(), Bm3d(), AnscombeBm3d(), Nlm(), Tv(), Wavelet()]
