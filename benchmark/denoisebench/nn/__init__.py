"""The parts of methods: networks, losses, likelihoods, and running a network on whole images.

A name is imported from its module when it is first asked for: some need torch, some do not.  The
examples in the docstrings assume the imports of those in `denoisebench.plugin`.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from denoisebench.nn.convolutions import conv1x1, he_start
    from denoisebench.nn.foreign_networks import ForeignNetwork, read_network
    from denoisebench.nn.gaussian_likelihood import (
        Prediction,
        columns_of,
        determinant,
        gaussian_loss,
        gaussian_mean,
        in_float64,
        log_det_and_distance,
        predicted_std,
        regulariser,
    )
    from denoisebench.nn.one_pass import (
        Convolve,
        Kernel,
        conv_plus,
        convolution,
        leaky,
        leaky_conv,
        leaky_doubled,
    )
    from denoisebench.nn.output_scale import SCALE, Predicts, add_output, estimate
    from denoisebench.nn.padding import in_float32, multiple_of, run_padded
    from denoisebench.nn.regression import RegressionConfig, RegressionMethod
    from denoisebench.nn.regression_losses import annealed_gamma, power, squared
    from denoisebench.nn.shared_unet import SharedUNet
    from denoisebench.nn.shelf import (
        UNSTEADY,
        build_network,
        network_tiling,
        refuse_unknown_network,
    )
    from denoisebench.nn.strips import (
        Rows,
        in_strips,
        rows_of_conv,
        rows_of_image,
        strip_rows,
    )
    from denoisebench.nn.unet import UNet, conv3x3, conv_of_upsampled
    from denoisebench.nn.upsampling import kernel_with_cells, kernels_of_upsampled

_NAMES = {
    "convolutions": (
        "conv1x1",
        "he_start",
    ),
    "foreign_networks": (
        "ForeignNetwork",
        "read_network",
    ),
    "gaussian_likelihood": (
        "Prediction",
        "columns_of",
        "determinant",
        "gaussian_loss",
        "gaussian_mean",
        "in_float64",
        "log_det_and_distance",
        "predicted_std",
        "regulariser",
    ),
    "one_pass": (
        "Convolve",
        "Kernel",
        "conv_plus",
        "convolution",
        "leaky",
        "leaky_conv",
        "leaky_doubled",
    ),
    "output_scale": (
        "SCALE",
        "Predicts",
        "add_output",
        "estimate",
    ),
    "padding": (
        "in_float32",
        "multiple_of",
        "run_padded",
    ),
    "regression": (
        "RegressionConfig",
        "RegressionMethod",
    ),
    "regression_losses": (
        "annealed_gamma",
        "power",
        "squared",
    ),
    "shared_unet": ("SharedUNet",),
    "shelf": (
        "UNSTEADY",
        "build_network",
        "network_tiling",
        "refuse_unknown_network",
    ),
    "strips": (
        "Rows",
        "in_strips",
        "rows_of_conv",
        "rows_of_image",
        "strip_rows",
    ),
    "unet": (
        "UNet",
        "conv3x3",
        "conv_of_upsampled",
    ),
    "upsampling": (
        "kernel_with_cells",
        "kernels_of_upsampled",
    ),
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


__all__ = [
    "SCALE",
    "UNSTEADY",
    "Convolve",
    "ForeignNetwork",
    "Kernel",
    "Prediction",
    "Predicts",
    "RegressionConfig",
    "RegressionMethod",
    "Rows",
    "SharedUNet",
    "UNet",
    "add_output",
    "annealed_gamma",
    "build_network",
    "columns_of",
    "conv1x1",
    "conv3x3",
    "conv_of_upsampled",
    "conv_plus",
    "convolution",
    "determinant",
    "estimate",
    "gaussian_loss",
    "gaussian_mean",
    "he_start",
    "in_float32",
    "in_float64",
    "in_strips",
    "kernel_with_cells",
    "kernels_of_upsampled",
    "leaky",
    "leaky_conv",
    "leaky_doubled",
    "log_det_and_distance",
    "multiple_of",
    "network_tiling",
    "power",
    "predicted_std",
    "read_network",
    "refuse_unknown_network",
    "regulariser",
    "rows_of_conv",
    "rows_of_image",
    "run_padded",
    "squared",
    "strip_rows",
]
