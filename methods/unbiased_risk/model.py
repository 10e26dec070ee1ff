"""The denoiser that both methods train: the noisy image and what the network adds to it."""

from torch import Tensor, nn

from denoisebench.nn import SCALE, run_padded


def predict(network: nn.Module, y: Tensor) -> Tensor:
    """f(y) = y + network(y − ½)/10, as supervised training has it.  (B, C, H, W), float32."""
    added: Tensor = network(y - 0.5).float()
    return y + SCALE * added


def denoise_image(network: nn.Module, noisy: Tensor) -> Tensor:
    """f of one image (1, C, H, W) of any height and width."""
    multiple = int(getattr(network, "multiple", 1))
    return run_padded(lambda y: predict(network, y), noisy, multiple)
