"""Convolutions in one pass give what the same in turn give, with weights that may change."""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from denoisebench.nn import one_pass
from denoisebench.nn.one_pass import (
    arranged,
    conv_plus,
    convolution,
    leaky,
    leaky_conv,
    leaky_doubled,
)
from denoisebench.nn.padding import run_in_bf16
from denoisebench.nn.unet import UNet, conv3x3
from denoisebench.nn.upsampling import kernel_with_cells
from denoisebench.training.optimiser import Optimiser


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
@pytest.mark.parametrize("padding", [(0, 0), (0, 1), (2, 1)])
@pytest.mark.parametrize("cropped", [False, True])
def test_a_convolution_plus_another_image_is_their_sum(
    cropped: bool, padding: tuple[int, int], dtype: torch.dtype
) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 3, 9, 11), torch.randn(24, 3, 3, 3), torch.randn(24)
    height, width = 7 + 2 * padding[0], 9 + 2 * padding[1]
    other = torch.randn(2, 24, height + cropped, width + cropped)[:, :, :height, :width]
    x, weight, bias, other = (t.to(dtype) for t in (x, weight, bias, other))
    expected = F.conv2d(x, weight, bias, padding=padding) + other
    with torch.no_grad():
        found = conv_plus(x, (weight, bias), other, padding)
    rounding = 2.0**-6 if dtype == torch.bfloat16 else 1e-5
    torch.testing.assert_close(found, expected, rtol=rounding, atol=rounding)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("padding", [(3, 3), (2, 3)])
@pytest.mark.parametrize("operator", [True, False])
def test_a_transposed_convolution_and_its_leaky_relu_are_the_two_in_turn(
    operator: bool, padding: tuple[int, int], dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, 20, 9, 11), 0.1 * torch.randn(20, 24, 4, 4), torch.randn(24)
    x, weight, bias = (t.to(dtype) for t in (x, weight, bias))
    expected = F.conv_transpose2d(x, weight, bias, stride=2, padding=padding)
    expected = torch.where(expected > 0, expected, 0.1 * expected)
    if not operator:
        monkeypatch.setattr(one_pass, "doubled_in_one_pass", lambda _: None)
    with torch.no_grad():
        found = leaky_doubled(x, (weight, bias), padding)
    assert found.dtype == dtype
    rounding = 2.0**-6 if dtype == torch.bfloat16 else 1e-5
    torch.testing.assert_close(found, expected, rtol=rounding, atol=rounding)


def test_an_image_beside_upsampled_features_goes_through_one_kernel() -> None:
    torch.manual_seed(0)
    h, skip, weight = torch.randn(1, 4, 5, 6), torch.randn(1, 3, 10, 12), torch.randn(2, 7, 3, 3)
    upsampled = F.interpolate(h, scale_factor=2.0, mode="nearest")
    expected = F.conv2d(torch.cat([upsampled, skip], dim=1), weight, padding=1)
    cells = torch.cat([h, F.pixel_unshuffle(skip, 2)], dim=1)
    with torch.no_grad():
        kernel = kernel_with_cells(weight, 4)
        found = F.conv_transpose2d(cells, kernel, stride=2, padding=1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


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
        monkeypatch.setattr(one_pass, "one_pass", lambda _: None)
        two = leaky_conv(x, kernel)
    torch.testing.assert_close(one, two, rtol=0, atol=1e-6)
    torch.testing.assert_close(two, leaky(F.conv2d(x, *kernel)).detach(), rtol=0, atol=1e-6)


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


def kernel_of(inputs: int, outputs: int) -> tuple[nn.Parameter, nn.Parameter]:
    """That of a network which is not trained."""
    conv = nn.Conv2d(inputs, outputs, 3).requires_grad_(False)
    assert isinstance(conv.bias, nn.Parameter)
    return conv.weight, conv.bias


def image(channels: int, height: int, width: int, dtype: torch.dtype) -> Tensor:
    """As in_strips makes them."""
    x = torch.rand(1, channels, height, width).to(dtype)
    return x.to(memory_format=torch.channels_last)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("way", ["in place", "by another tensor"])
def test_a_weight_that_changes_counts_at_once(way: str, dtype: torch.dtype) -> None:
    """It is rounded and packed once for many strips."""
    torch.manual_seed(0)
    kernel, x = kernel_of(20, 24), image(20, 8, 8, dtype)
    other = torch.zeros(1, 24, 6, 6, dtype=dtype)
    leaky_conv(x, kernel)
    for parameter in kernel:
        if way == "in place":
            parameter.mul_(2.0)
        else:
            parameter.data = 2.0 * parameter
    anew = kernel[0].clone(), kernel[1].clone()
    assert torch.equal(leaky_conv(x, kernel), leaky_conv(x, anew))
    assert torch.equal(conv_plus(x, kernel, other), conv_plus(x, anew, other))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_step_of_training_counts_at_once(dtype: torch.dtype) -> None:
    """Losses that look at the network without gradients see the weights of this step.  The fused
    Adam changes them without a new version."""
    torch.manual_seed(0)
    network, x = UNet(1), torch.rand(1, 1, 64, 64)
    optimiser = Optimiser().start(network.parameters())
    if dtype == torch.bfloat16:
        run_in_bf16(network, "cpu")

    def seen(by: nn.Module) -> Tensor:
        with torch.no_grad():
            found: Tensor = by(x)
        return found

    before = seen(network)
    network(x).square().mean().backward()
    optimiser.step()
    assert torch.equal(seen(network), seen(copy.deepcopy(network)))
    assert not torch.equal(seen(network), before)


def test_arranged_kernels_follow_the_weight_and_keep_no_gradient() -> None:
    weight = nn.Parameter(torch.ones(24, 5, 3, 3), requires_grad=False)

    def halves(weight: Tensor, channels: int) -> tuple[Tensor, ...]:
        return weight[:, :channels], weight[:, channels:]

    with torch.no_grad():
        first, rest = arranged(weight, 2, halves)
        assert (first.shape[1], rest.shape[1]) == (2, 3)
        assert arranged(weight, 2, halves)[0] is first
        weight.mul_(2.0)
        assert float(arranged(weight, 2, halves)[0].max()) == 2.0
        assert arranged(weight, 1, halves)[0].shape[1] == 1
    with pytest.raises(RuntimeError, match=r"use torch\.no_grad"):
        arranged(weight, 2, halves)


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_packed_weight_serves_images_of_any_size_and_padding(dtype: torch.dtype) -> None:
    torch.manual_seed(0)
    kernel = kernel_of(20, 24)
    for height, width, padding in ((8, 8, (0, 0)), (40, 300, (0, 1)), (3, 17, (1, 1))):
        x = image(20, height, width, dtype)
        expected = convolution(x, (kernel[0].clone(), kernel[1].clone()), padding)
        assert torch.equal(convolution(x, kernel, padding), expected)
