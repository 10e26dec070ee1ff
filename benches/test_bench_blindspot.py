"""What a blind spot costs: `make bench`.  Both networks on the same pixels, in colour."""

from collections.abc import Callable

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from blindspot.network import BlindSpotNet, PlainNet
from denoisebench.nn.devices import pick_precision
from denoisebench.nn.gaussian_likelihood import columns_of, gaussian_loss

PATCHES, CROP, IMAGE = 4, 64, 256


def image(count: int, side: int) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    pixels = torch.rand((count, 3, side, side), generator=rng)
    return pixels.contiguous(memory_format=torch.channels_last)


def learning_step(network: nn.Module, loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Forward and backward, as the engine has them."""
    noisy = image(PATCHES, CROP)
    network.train()
    with torch.autocast("cpu", torch.bfloat16, enabled=pick_precision("cpu") == "bf16"):
        found = network(noisy - 0.5)
    loss(found.float(), noisy).backward()  # type: ignore[no-untyped-call]  # torch's stubs lack it


def likelihood(found: Tensor, noisy: Tensor) -> Tensor:
    sigma = torch.full((PATCHES, 1, 1, 1), 0.1)
    return gaussian_loss(found[:, :3], columns_of(found[:, 3:], 3), noisy, sigma).mean()


def squared_error(found: Tensor, noisy: Tensor) -> Tensor:
    return (found - noisy).square().mean()


@pytest.fixture(scope="module")
def plain() -> nn.Module:
    return PlainNet(3, 3).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's stubs lack it


@pytest.fixture(scope="module")
def blind() -> nn.Module:
    return BlindSpotNet(3, 9).to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's stubs lack it


@pytest.mark.benchmark(group="forward and backward, 4×64² colour")
def test_learn_plain(benchmark: BenchmarkFixture, plain: nn.Module) -> None:
    benchmark.pedantic(learning_step, (plain, squared_error), rounds=12, warmup_rounds=3)


@pytest.mark.benchmark(group="forward and backward, 4×64² colour")
def test_learn_blindspot(benchmark: BenchmarkFixture, blind: nn.Module) -> None:
    benchmark.pedantic(learning_step, (blind, likelihood), rounds=12, warmup_rounds=3)


@pytest.mark.benchmark(group="denoising 256² colour, float32")
def test_denoise_plain(benchmark: BenchmarkFixture, plain: nn.Module) -> None:
    with torch.no_grad():
        benchmark.pedantic(plain.eval(), (image(1, IMAGE),), rounds=8, warmup_rounds=2)


@pytest.mark.benchmark(group="denoising 256² colour, float32")
def test_denoise_blindspot(benchmark: BenchmarkFixture, blind: nn.Module) -> None:
    with torch.no_grad():
        benchmark.pedantic(blind.eval(), (image(1, IMAGE),), rounds=8, warmup_rounds=2)
