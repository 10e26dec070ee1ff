"""Layers in strips of rows give what they give of the whole image, with and without gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn import strips
from denoisebench.nn.padding import run_in_bf16
from denoisebench.nn.strips import (
    conv_plus,
    in_strips,
    leaky,
    leaky_conv,
    rows_of_conv,
    rows_of_image,
    strip_rows,
)
from denoisebench.nn.unet import UNet, conv3x3, rows_of_upsampled


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
        assert strip_rows(x) == 64
        assert strip_rows(torch.zeros(1, 1, 8, 100_000)) == 2


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8])
def test_a_convolution_of_strips_is_that_of_the_image(rows: int) -> None:
    torch.manual_seed(0)
    x, conv = torch.randn(2, 5, 8, 6), conv3x3(5, 7)
    kernel = conv.weight, torch.randn(7)
    found = in_strips(rows_of_conv(rows_of_image(x), 8, kernel), 8, rows)
    torch.testing.assert_close(found, F.conv2d(x, *kernel, padding=1), rtol=0, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 3, 4, 7, 16])
def test_so_is_that_of_an_upsampled_image(rows: int) -> None:
    torch.manual_seed(0)
    x, skip, conv = torch.randn(1, 4, 8, 5), torch.randn(1, 3, 16, 10), conv3x3(7, 6)
    plain = conv(torch.cat([F.interpolate(x, scale_factor=2.0, mode="nearest"), skip], dim=1))
    found = in_strips(rows_of_upsampled(x, skip, conv), 16, rows)
    torch.testing.assert_close(found, plain, rtol=0, atol=1e-5)


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


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("slope", [0.1, 0.0])
@pytest.mark.parametrize(("padding", "dilation"), [((0, 1), 1), ((2, 2), 2), ((0, 0), 1)])
def test_a_convolution_and_its_leaky_relu_are_the_two_in_turn(
    padding: tuple[int, int], dilation: int, slope: float, dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(1, 20, 9, 11), 0.1 * torch.randn(24, 20, 3, 3), torch.randn(24)
    x, weight, bias = (t.to(dtype) for t in (x, weight, bias))
    expected = F.conv2d(x, weight, bias, padding=padding, dilation=dilation)
    expected = torch.where(expected > 0, expected, slope * expected)
    with torch.no_grad():
        found = leaky_conv(x, (weight, bias), padding, dilation=dilation, slope=slope)
    assert found.dtype == dtype
    rounding = 2.0**-7 if dtype == torch.bfloat16 else 1e-6
    torch.testing.assert_close(found, expected, rtol=rounding, atol=rounding)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("cropped", [False, True])
def test_a_convolution_plus_another_image_is_their_sum(cropped: bool, dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 3, 9, 11), torch.randn(24, 3, 3, 3), torch.randn(24)
    other = torch.randn(2, 24, 8, 10)[:, :, :7, :9] if cropped else torch.randn(2, 24, 7, 9)
    x, weight, bias, other = (t.to(dtype) for t in (x, weight, bias, other))
    expected = F.conv2d(x, weight, bias) + other
    with torch.no_grad():
        found = conv_plus(x, (weight, bias), other)
    rounding = 2.0**-6 if dtype == torch.bfloat16 else 1e-5
    torch.testing.assert_close(found, expected, rtol=rounding, atol=rounding)


def test_another_image_of_another_size_is_refused() -> None:
    x, conv = torch.zeros(1, 20, 8, 6), conv3x3(20, 24)
    with (
        torch.no_grad(),
        pytest.raises(ValueError, match=r"\(1, 24, 6, 4\), and other \(1, 24, 6, 3\)"),
    ):
        conv_plus(x, (conv.weight, conv.bias), torch.zeros(1, 24, 6, 3))


def test_without_the_operator_the_same_is_made_in_two_passes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    x, conv = torch.randn(1, 20, 6, 6), conv3x3(20, 24)
    kernel = conv.weight, conv.bias
    with torch.no_grad():
        one = leaky_conv(x, kernel)
        monkeypatch.setattr(strips, "one_pass", lambda _: None)
        two = leaky_conv(x, kernel)
    torch.testing.assert_close(one, two, rtol=0, atol=1e-6)
    torch.testing.assert_close(two, leaky(F.conv2d(x, *kernel)).detach(), rtol=0, atol=1e-6)


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


def test_under_autocast_narrow_convolutions_stay_in_float32() -> None:
    """As everywhere in a network that is run in bfloat16: its first and its last."""
    torch.manual_seed(0)
    net, x = UNet(1), torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        exact = net(x)
        run_in_bf16(net, "cpu")
        rounded = net(x)
    assert rounded.dtype == torch.float32
    assert 0.0 < float((rounded - exact).abs().max()) < 0.02 * float(exact.abs().max())


@torch.no_grad()
@pytest.mark.parametrize("way", ["in place", "by another tensor"])
def test_a_weight_that_changes_counts_at_once_in_bf16(way: str) -> None:
    """It is rounded once for many strips."""
    torch.manual_seed(0)
    conv, x = nn.Conv2d(20, 24, 3), torch.rand(1, 20, 8, 8)
    with torch.autocast("cpu", torch.bfloat16):
        leaky_conv(x, (conv.weight, conv.bias))
        if way == "in place":
            conv.weight.mul_(2.0)
        else:
            conv.weight.data = 2.0 * conv.weight
        found = leaky_conv(x, (conv.weight, conv.bias))
        expected = leaky_conv(x, (conv.weight.clone(), conv.bias.clone()))
    assert torch.equal(found, expected)
