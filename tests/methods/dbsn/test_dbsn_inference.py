"""D-BSN on whole images: the fast way gives what the plain module gives."""

import math

import pytest
import torch
from bf16 import bf16_hardware
from torch import Tensor, nn

import dbsn.whole_image as dbsn_inference
from dbsn.network import DilatedBlindSpotNet, DilatedConv2d, SpreadNet
from dbsn.whole_image import predict_image
from denoisebench.nn.padding import run_in_bf16
from denoisebench.specs import parse_spec
from denoisebench_datasets.public.samples import SamplesSource


def sample(height: int, width: int) -> tuple[Tensor, Tensor]:
    """A part of a gray sample image, clean and noisy at σ = 25.5/255, (1, 1, height, width)."""
    source = SamplesSource(gray=True)
    pixels = source.open(parse_spec("samples-gray")).images[0].load()
    clean = torch.from_numpy(pixels)[None, :, 40 : 40 + height, 60 : 60 + width]
    rng = torch.Generator().manual_seed(0)
    return clean, clean + 0.1 * torch.randn(clean.shape, generator=rng)


def denoiser(noisy: Tensor) -> DilatedBlindSpotNet:
    """A network of the published depth and random weights, whose last layer makes of its features
    what comes nearest to the noisy image: without the pixel itself, a denoised one."""
    torch.manual_seed(0)
    blind = DilatedBlindSpotNet(1, width=24).requires_grad_(False)
    last = blind.dbsn_tail[4]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    features = blind.dbsn_tail[:4](blind(noisy)[1]).flatten(2)[0].double()
    features = torch.cat([features, torch.ones_like(features[:1])])
    gram = features @ features.T
    ridge = 1e-6 * gram.diagonal().mean() * torch.eye(len(gram), dtype=torch.float64)
    fit = torch.linalg.solve(gram + ridge, features @ noisy.flatten().double())
    last.weight.copy_(fit[:-1].view(last.weight.shape))
    last.bias.copy_(fit[-1:])
    return blind


def psnr_db(a: Tensor, b: Tensor) -> float:
    return -10.0 * math.log10(float((a - b).square().mean()))


def test_a_whole_image_differs_from_float32_by_rounding_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(dbsn_inference.STRIP_PIXELS, "cpu", 17 * 64)
    clean, noisy = sample(61, 64)
    blind, spread = denoiser(noisy), SpreadNet(24, 16, 1).requires_grad_(False)
    mean, feature = blind(noisy)
    for branch in (blind.br1, blind.br2):
        run_in_bf16(branch, "cpu")
    with bf16_hardware():
        found, scales = predict_image(blind, spread, noisy)
    assert psnr_db(mean, clean) > psnr_db(noisy, clean) + 4.0
    assert psnr_db(found, mean) > 42.0
    assert not torch.equal(found, mean)
    assert psnr_db(found, clean) == pytest.approx(psnr_db(mean, clean), abs=0.05)
    expected = spread(feature)
    assert float((scales - expected).std() / expected.std()) < 0.15
    assert found.dtype == scales.dtype == torch.float32


@pytest.mark.parametrize("pixels", [1, 9 * 40, 1 << 20])
def test_in_float32_strips_of_any_size_change_nothing_but_rounding(
    monkeypatch: pytest.MonkeyPatch, pixels: int
) -> None:
    monkeypatch.setitem(dbsn_inference.STRIP_PIXELS, "cpu", pixels)
    torch.manual_seed(0)
    _, noisy = sample(21, 40)
    blind, spread = DilatedBlindSpotNet(1, width=6, blocks=2), SpreadNet(6, 4, 1)
    with torch.no_grad():
        mean, feature = blind(noisy)
        found, scales = predict_image(blind, spread, noisy)
        torch.testing.assert_close(found, mean, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(scales, spread(feature), rtol=1e-4, atol=1e-5)


def test_one_pixel_is_an_image() -> None:
    with torch.no_grad():
        blind, spread = DilatedBlindSpotNet(3, width=6, blocks=1), SpreadNet(6, 4, 6)
        mean, scales = predict_image(blind, spread, torch.rand(1, 3, 1, 1))
    assert (mean.shape, scales.shape) == ((1, 3, 1, 1), (1, 6, 1, 1))


@pytest.mark.slow  # another processor may sum in another order
@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("left", "right"), [(0, 128), (64, 288), (289, 450)])
def test_a_part_of_an_image_has_the_bits_of_the_whole(
    left: int, right: int, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    layer = DilatedConv2d(32, 5, dilation=3).to(dtype).requires_grad_(False)
    x = torch.randn(1, 32, 20, 450).to(dtype)
    whole, part = (layer.rows([], seen, 0, 20) for seen in (x, x[..., left:right]))
    inner = slice(layer.reach, -layer.reach)  # beyond are the zeros that end the part
    assert torch.equal(part[..., inner], whole[..., left:right][..., inner])
