"""denoisebench: a plugin-based benchmark suite for self-supervised image denoising.

import denoisebench

results = denoisebench.compare(["noise2score", "tv"], datasets="samples")
denoise = denoisebench.load_denoiser("noise2score", noise="gaussian:25")
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denoisebench.api import compare, load_denoiser, run
    from denoisebench.own_images.arrays import denoise

__version__ = "0.1.0"
__all__ = ["compare", "denoise", "load_denoiser", "run"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "own_images.arrays" if name == "denoise" else "api"
    return getattr(importlib.import_module(f"denoisebench.{module}"), name)
