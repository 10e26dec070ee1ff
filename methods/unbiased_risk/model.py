"""The denoiser that both methods train: the noisy image and what the network adds to it."""

from collections.abc import Callable
from functools import partial

from torch import Tensor, nn

from denoisebench.nn import add_output, run_padded


def predict(network: Callable[[Tensor], Tensor], y: Tensor) -> Tensor:
    """f(y) = y + network(y − ½)/10, as supervised training has it.  (B, C, H, W), float32."""
    return add_output(y, network, y)


def denoise_image(network: nn.Module, noisy: Tensor) -> Tensor:
    """f of one image (1, C, H, W) of any height and width."""
    return predict(partial(run_padded, network), noisy)
