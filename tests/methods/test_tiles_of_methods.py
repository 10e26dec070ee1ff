"""What each method says of tiles holds: they make what the whole image makes, given the level."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from noises import noise
from torch import Tensor, nn

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.denoising.tiling import tiled
from denoisebench.nn.dncnn import DeepDnCNN, DnCNN
from denoisebench.nn.noise2noise_keras import LargeUNet, SRResNet
from denoisebench.nn.padding import multiple_of, run_padded
from denoisebench.nn.residual_unet import HalfResidualUNet, ResidualUNet
from denoisebench.nn.shared_relu_unet import SharedReLUUNet
from denoisebench.nn.shared_unet import SharedUNet
from denoisebench.nn.shelf import NETWORKS, network_tiling
from denoisebench.nn.transposed_unet import TransposedUNet
from denoisebench.nn.unet import UNet
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.plugin.method import Denoised, Model, Task, TrainedMethod
from denoisebench.plugin.tiling import Tiling
from denoisebench.registry.loader import load

REGISTRIES = load(())

ROUNDING = 2e-5
"""Of float32, relative to the largest pixel; random networks make pixels far above 1."""

CASES: list[tuple[str, str, TrainingKnowledge]] = [
    ("noise2score:network=unet-residual-half", "gaussian:5..55", "known"),
    ("noise2score:network=unet-residual-half", "gaussian:5..55", "unknown"),
    ("noise2score:network=unet-residual-half", "poisson:0.01..0.1", "unknown"),
    ("noise2score:network=unet-residual-half", "gamma:40..120", "unknown"),
    ("supervised:network=unet-residual-half", "gaussian:25", "unknown"),
    ("neighbor2neighbor:network=unet-residual-half", "gaussian:25", "known"),
    ("blind2unblind:network=unet-residual-half:result=mixed", "gaussian:25", "known"),
    ("noise2void:network=n2v:features=16", "gaussian:25", "known"),
    ("noise2void:network=n2v2:replacement=median:features=16", "gaussian:25", "known"),
    ("noise2self:width=3:network=unet-residual-half:inference=single", "gaussian:25", "known"),
    ("noise2self:width=3:network=unet-residual-half", "gaussian:25", "known"),
    ("noise2same:network=unet-residual-half", "gaussian:25", "known"),
    ("sure:network=unet-residual-half", "gaussian:25", "known"),
    ("unsure:network=unet-residual-half", "gaussian:25", "unknown"),
    ("r2r:samples=0:network=unet-residual-half", "gaussian:25", "known"),
    ("noise2score:network=unet-residual-half", "correlated:25:1", "known"),
    ("blindspot", "gaussian:25", "unknown"),
    ("blindspot", "gaussian:5..50", "unknown"),
    ("dbsn", "gaussian:25", "unknown"),
    ("dbsn:blocks=2:width=8", "poisson:0.05", "unknown"),
    ("dbsn:student=mwcnn:blocks=1:width=8", "gaussian:25", "known"),
    ("identity", "gaussian:25", "known"),
    ("nlm", "gaussian:25", "unknown"),
    ("nlm:patch_px=7:distance_px=12", "gaussian:25", "known"),
]
LEVELS = {"gaussian": 25.0, "correlated": 25.0, "poisson": 0.05, "gamma": 100.0}
NARROW = {
    "unet": partial(UNet, 1, width=8),
    "unet-shared": partial(SharedUNet, 1),
    "unet-large": partial(LargeUNet, 1, width=4),
    "unet-residual": partial(ResidualUNet, 1, widths=(8, 8, 8, 8)),
    "unet-residual-half": partial(HalfResidualUNet, 1),
    "srresnet": partial(SRResNet, 1, width=8),
    "dncnn": partial(DnCNN, 1),
    "dncnn-deep": partial(DeepDnCNN, 1),
    "unet-transposed": partial(TransposedUNet, 1, width=8),
    "unet-shared-relu": partial(SharedReLUUNet, 1),
}
"""The networks of the shelf, with fewer features where they can be had."""


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give large networks of methods fewer features."""
    monkeypatch.setattr("blindspot.network.ENCODER", 8)
    monkeypatch.setattr("blindspot.network.DECODER", 8)
    monkeypatch.setattr("dbsn.mwcnn.FEATURES", (8, 8, 8))
    monkeypatch.setattr("denoisebench.nn.shared_unet.WIDTH", 8)
    monkeypatch.setattr("denoisebench.nn.dncnn.WIDTH", 8)


def built(text: str, noise_text: str, knowledge: TrainingKnowledge) -> Denoiser:
    """A denoiser with random weights."""
    method, config = REGISTRIES.method(text)
    task, model = Task(noise(noise_text), knowledge, 1), None
    if isinstance(method, TrainedMethod):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = method.network(config, task).eval().requires_grad_(False)
            enlarge(network)
        model = Model(config, task, network)
    return Denoiser(method, config, task, model)


def enlarge(network: nn.Module) -> None:
    """Draw weights that pass on what they see, so that what lies far off shows."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_uniform_(module.weight)


def strip(length: int) -> Tensor:
    """A noisy image, longer than high, with more noise on the right."""
    rng = torch.Generator().manual_seed(0)
    ramp = torch.linspace(0.2, 0.8, length).expand(1, 1, 37, length)
    return ramp + 0.2 * ramp * torch.randn(ramp.shape, generator=rng)


@pytest.mark.parametrize(("text", "noise_text", "knowledge"), CASES)
def test_tiles_make_what_the_whole_image_makes(
    text: str, noise_text: str, knowledge: TrainingKnowledge
) -> None:
    denoiser = built(text, noise_text, knowledge)
    tiling, level = denoiser.tiling, LEVELS[noise_text.partition(":")[0]]
    assert tiling is not None
    agrees(denoiser, tiling, level if knowledge == "known" or tiling.needs_level else None)


@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_of_a_network_make_what_the_whole_image_makes(name: str) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = NARROW[name]().eval().requires_grad_(False)
        enlarge(network)
    tiling = network_tiling(name)
    assert multiple_of(network) == tiling.multiple
    agrees(lambda image, _: run_padded(network, image), tiling, None)
    nearer = replace(tiling, halo=tiling.halo // 2)
    with pytest.raises(AssertionError):
        agrees(lambda image, _: run_padded(network, image), nearer, None)


def agrees(denoise: Denoise, tiling: Tiling, level: float | None) -> None:
    image = strip(2 * tiling.halo + 213)
    for_tiles = denoise.for_tiles_of(image) if isinstance(denoise, Denoiser) else denoise
    with torch.no_grad():
        whole, made = denoise(image, level), tiled(for_tiles, tiling, 160)(image, level)
    assert isinstance(made, Denoised)
    whole = whole if isinstance(whole, Denoised) else Denoised(whole)
    assert made.level == whole.level
    same_pixels(made.image, whole.image)
    for name, output in whole.outputs.items():
        same_pixels(made.outputs[name].image, output.image)


def same_pixels(made: Tensor, whole: Tensor) -> None:
    assert (made - whole).abs().max() < ROUNDING * max(1.0, float(whole.abs().max()))


@pytest.mark.parametrize(
    ("text", "noise_text"),
    [
        ("noise2score:estimate=penalty", "gaussian:5..55"),
        ("noise2self:inference=mixed", "gaussian:5..55"),
        ("blindspot:level=per-image", "impulse:5..50"),
        ("tv", "gaussian:25"),
        ("wavelet", "gaussian:25"),
        ("bm3d", "gaussian:25"),
    ],
)
def test_what_looks_at_the_whole_image_is_not_cut(text: str, noise_text: str) -> None:
    method, config = REGISTRIES.method(text)
    assert method.tiling(config, Task(noise(noise_text), "unknown", 1)) is None
