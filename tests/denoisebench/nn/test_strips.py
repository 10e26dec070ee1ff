"""Layers in strips of rows give what they give of the whole image, with and without gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.nn import strips
from denoisebench.nn.padding import run_in_bf16
from denoisebench.nn.strips import (
    in_strips,
    rows_of_conv,
    rows_of_image,
    strip_rows,
)
from denoisebench.nn.unet import UNet, conv3x3, conv_of_upsampled, rows_of_upsampled


def test_each_row_is_asked_for_once() -> None:
    asked = []

    def rows(top: int, bottom: int) -> Tensor:
        asked.append((top, bottom))
        return x[:, :, top:bottom]

    x = torch.arange(7.0).view(1, 1, 7, 1)
    assert torch.equal(in_strips(rows, 7, 3), x)
    assert asked == [(0, 3), (3, 6), (6, 7)]


@pytest.mark.parametrize("fits", [True, False])
def test_strips_write_over_a_spare_image_that_fits(fits: bool) -> None:
    x = torch.rand(1, 2, 7, 5)
    spare = torch.zeros(1, 2, 7, 5) if fits else torch.zeros(1, 2, 7, 6)
    found = in_strips(lambda top, bottom: x[:, :, top:bottom], 7, 3, spare)
    assert torch.equal(found, x)
    assert (found is spare) == fits


def test_with_gradients_all_rows_are_one_strip() -> None:
    x = torch.zeros(1, 1, 600, 1000)
    assert strip_rows(x) == 600
    with torch.no_grad():
        assert strip_rows(x) == 98
        assert strip_rows(torch.zeros(1, 1, 8, 100_000)) == 2


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_a_convolution_of_strips_is_that_of_the_image(rows: int) -> None:
    torch.manual_seed(0)
    x, conv = torch.randn(2, 5, 8, 6), conv3x3(5, 7)
    kernel = conv.weight, torch.randn(7)
    found = in_strips(rows_of_conv(rows_of_image(x), 8, kernel), 8, rows)
    torch.testing.assert_close(found, F.conv2d(x, *kernel, padding=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [3, 20], ids=["image", "feature"])
@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 16])
def test_so_is_that_of_an_upsampled_image(rows: int, gradients: bool, channels: int) -> None:
    torch.manual_seed(0)
    x, skip, conv = (
        torch.randn(2, 4, 8, 5),
        torch.randn(2, channels, 16, 10),
        conv3x3(channels + 4, 6),
    )
    plain = conv(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], dim=1))
    with torch.set_grad_enabled(gradients):
        found = in_strips(rows_of_upsampled(x, skip, conv), 16, rows)
    torch.testing.assert_close(found, plain, rtol=0, atol=1e-5)


@pytest.mark.slow  # another processor may sum in another order
@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("width", [120, 240])
@pytest.mark.parametrize(("left", "right"), [(0, 72), (32, 104), (56, 120)])
def test_a_part_of_an_upsampled_image_has_the_bits_of_the_whole(
    left: int, right: int, width: int, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    x, skip, conv = (
        torch.randn(1, 96, 40, width),
        torch.randn(1, 48, 80, 2 * width),
        conv3x3(144, 96),
    )
    x, skip, conv = x.to(dtype), skip.to(dtype), conv.to(dtype)
    whole = conv_of_upsampled(x, skip, conv)
    part = conv_of_upsampled(x[..., left:right], skip[..., 2 * left : 2 * right], conv)
    inner = slice(2, -2)  # beyond are the zeros that end the part
    assert torch.equal(part[..., inner], whole[..., 2 * left : 2 * right][..., inner])


@pytest.mark.parametrize("pixels", [1, 1 << 8, 1 << 11])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_unet_in_strips_is_that_of_the_image(
    channels: int, pixels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    net, x = UNet(channels, width=6), torch.randn(2, channels, 96, 64)
    for weight in net.parameters():
        torch.nn.init.normal_(weight, std=0.2)
    whole = net(x).detach()
    monkeypatch.setattr(strips, "STRIP_PIXELS", pixels)
    with torch.no_grad():
        found = net(x)
    torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-4 * float(whole.abs().max()))


@pytest.mark.parametrize("channels", [1, 3])
def test_in_bf16_strips_of_any_height_give_the_same_bits(
    channels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that tiles and whole images differ in nothing."""
    torch.manual_seed(0)
    net, x = UNet(channels), torch.rand(1, channels, 96, 160)
    run_in_bf16(net, "cpu")
    found = []
    for pixels in (1 << 16, 1 << 12, 1 << 11):
        monkeypatch.setattr(strips, "STRIP_PIXELS", pixels)
        with torch.no_grad():
            found.append(net(x))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
