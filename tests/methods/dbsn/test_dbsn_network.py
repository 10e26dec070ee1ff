"""D-BSN's networks: sizes, official names, what each pixel sees, and strips that change nothing."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dbsn.network import DilatedBlindSpotNet, MaskedConv2d, NoiseNet, SpreadNet


def count(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def official_weights(c: int, width: int, blocks: int) -> dict[str, tuple[int, ...]]:
    """The weights of the official state dict, in its order, with their shapes."""
    one = (width, width, 1, 1)
    shapes: dict[str, tuple[int, ...]] = {"dbsn_head.0": (width, c, 1, 1)}
    for branch, k in (("br1", 3), ("br2", 5)):
        shapes |= {f"{branch}.branch.0": (width, width, k, k)}
        shapes |= {f"{branch}.branch.{i}": one for i in (2, 4)}
        for i in range(6, 6 + blocks):
            at = f"{branch}.branch.{i}"
            shapes |= {
                f"{at}.inception_br1.0": one,
                f"{at}.inception_br1.2": (width, width, 5, 5),
                f"{at}.inception_br2.0": one,
                f"{at}.inception_br2.2": (width, width, 3, 3),
                f"{at}.inception_br3.0": one,
                f"{at}.concat": (width, 3 * width, 1, 1),
                f"{at}.middle_1x1_convs.0": one,
                f"{at}.middle_1x1_convs.2": one,
            }
        shapes[f"{branch}.branch.{6 + blocks}"] = one
    shapes["concat"] = (width, 2 * width, 1, 1)
    shapes |= {"dbsn_tail.0": one, "dbsn_tail.2": one, "dbsn_tail.4": (c, width, 1, 1)}
    return shapes


def with_biases(weights: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, shape in weights.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def plain(net: nn.Module, x: Tensor, blocks: int) -> tuple[Tensor, Tensor]:
    """The official network, from its description, with functional calls alone."""
    state = net.state_dict()

    def conv(name: str, x: Tensor, dilation: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        reach = dilation * (weight.shape[-1] // 2)
        return F.conv2d(x, weight, state[f"{name}.bias"], padding=reach, dilation=dilation)

    def act(name: str, x: Tensor, dilation: int = 1) -> Tensor:
        return F.relu(conv(name, x, dilation))

    ways, head = [], act("dbsn_head.0", x)
    for b, d in (("br1.branch", 2), ("br2.branch", 3)):
        centre = state[f"{b}.0.weight"][:, :, d - 1, d - 1]
        own = F.conv2d(head, centre[:, :, None, None])
        h = act(f"{b}.4", act(f"{b}.2", F.relu(conv(f"{b}.0", head) - own)))
        for i in range(6, 6 + blocks):
            far = act(f"{b}.{i}.inception_br1.2", act(f"{b}.{i}.inception_br1.0", h), d)
            near = act(f"{b}.{i}.inception_br2.2", act(f"{b}.{i}.inception_br2.0", h), d)
            here = act(f"{b}.{i}.inception_br3.0", h)
            h = h + act(f"{b}.{i}.concat", torch.cat([far, near, here], 1))
            h = act(f"{b}.{i}.middle_1x1_convs.2", act(f"{b}.{i}.middle_1x1_convs.0", h))
        ways.append(conv(f"{b}.{6 + blocks}", h))
    feature = conv("concat", torch.cat(ways, 1))
    return conv("dbsn_tail.4", act("dbsn_tail.2", act("dbsn_tail.0", feature))), feature


def seen_by_the_middle(side: int, blocks: int = 8) -> Tensor:
    """The offsets (side, side) that reach the middle output of a network that loses nothing.

    With weights and inputs above 0 no ReLU is closed and nothing cancels: a gradient is 0 only
    where there is no way from the input pixel to the output pixel.
    """
    net = DilatedBlindSpotNet(1, width=1, blocks=blocks).double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.5)
    x = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    mean, feature = net(x)
    (mean + feature)[0, 0, side // 2, side // 2].backward()
    assert x.grad is not None
    return x.grad[0, 0] != 0.0


def own_pixels_seen(net: DilatedBlindSpotNet, channels: int, height: int, width: int) -> int:
    """How many output pixels, of μ or the feature, depend on their own input pixel."""

    def outputs(x: Tensor) -> Tensor:
        return torch.cat(net(x), dim=1).sum(dim=1)

    rng = torch.Generator().manual_seed(1)
    x = torch.rand((1, channels, height, width), generator=rng, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(outputs, x)
    own = jacobian.reshape(height * width, channels, height * width).abs().sum(dim=1)
    assert own.any()
    return int((own.diagonal() != 0.0).sum())


@pytest.mark.parametrize(("channels", "parameters"), [(1, 6_612_289), (3, 6_612_675)])
def test_the_network_has_the_published_number_of_parameters(channels: int, parameters: int) -> None:
    with torch.device("meta"):
        assert count(DilatedBlindSpotNet(channels)) == parameters


def test_each_part_has_its_parameters() -> None:
    with torch.device("meta"):
        parts = {name: count(part) for name, part in DilatedBlindSpotNet(1).named_children()}
    assert parts == {
        "dbsn_head": 192,
        "br1": 3_213_696,
        "br2": 3_361_152,
        "concat": 18_528,
        "dbsn_tail": 18_721,
    }


@pytest.mark.parametrize(("hidden", "outputs", "parameters"), [(16, 1, 1841), (32, 1, 4193)])
def test_the_spread_net_has_the_published_size(hidden: int, outputs: int, parameters: int) -> None:
    net = SpreadNet(96, hidden, outputs)
    assert count(net) == parameters
    shapes = {"conv.0": (hidden, 96, 1, 1), "conv.2": (hidden, hidden, 1, 1)}
    shapes["conv.4"] = (outputs, hidden, 1, 1)
    assert shapes_of(net) == with_biases(shapes)


@pytest.mark.parametrize(
    ("channels", "hidden", "outputs", "parameters"),
    [(1, 16, 1, 865), (1, 32, 1, 3265), (3, 32, 3, 3395), (3, 32, 6, 3494)],
)
def test_the_noise_net_has_the_published_size_and_says_zero_at_the_start(
    channels: int, hidden: int, outputs: int, parameters: int
) -> None:
    net = NoiseNet(channels, hidden, outputs)
    assert count(net) == parameters
    shapes = {"conv.0": (hidden, channels, 1, 1)}
    shapes |= {f"conv.{i}": (hidden, hidden, 1, 1) for i in (2, 4, 6)}
    assert shapes_of(net) == with_biases(shapes | {"conv_final": (outputs, hidden, 1, 1)})
    raw = net(torch.rand(2, channels, 3, 5, generator=torch.Generator().manual_seed(0)))
    assert raw.shape == (2, outputs, 3, 5)
    assert not raw.any()


@pytest.mark.parametrize("channels", [1, 3])
def test_names_shapes_and_order_are_those_of_the_official_state_dict(channels: int) -> None:
    with torch.device("meta"):
        shapes = shapes_of(DilatedBlindSpotNet(channels))
    assert list(shapes.items()) == list(with_biases(official_weights(channels, 96, 8)).items())
    assert len(shapes) == 282


def test_a_small_variant_has_its_width_and_blocks() -> None:
    shapes = shapes_of(DilatedBlindSpotNet(3, width=12, blocks=2))
    assert shapes == with_biases(official_weights(3, 12, 2))


def test_weights_start_as_he_has_them_and_biases_at_zero() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        state = DilatedBlindSpotNet(1, width=24, blocks=1).state_dict()
    for name, tensor in state.items():
        if name.endswith("bias"):
            assert tensor.any() == (name == "concat.bias"), name
        elif tensor.numel() > 500:
            std = (2.0 / tensor[0].numel()) ** 0.5
            assert float(tensor.std()) == pytest.approx(std, rel=0.15), name


@pytest.mark.parametrize(("height", "width"), [(13, 20), (1, 1), (1, 7), (30, 2)])
def test_it_computes_what_the_paper_describes_on_any_height_and_width(
    height: int, width: int
) -> None:
    torch.manual_seed(0)
    net = DilatedBlindSpotNet(3, width=8, blocks=2).double()
    for parameter in net.parameters():
        parameter.data.add_(0.01 * torch.randn_like(parameter))  # biases too
    x = torch.randn(2, 3, height, width, dtype=torch.float64)
    with torch.no_grad():
        found, expected = net(x), plain(net, x, 2)
    assert found[0].shape == x.shape
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-10)


def test_it_sees_101_by_101_pixels_without_a_lattice_of_multiples_of_6_or_3() -> None:
    """One branch, of even offsets, ends at 33 pixels; the other, of multiples of 3, at 50."""
    side = 111
    offset = torch.arange(side) - side // 2

    def square(inside: Tensor) -> Tensor:
        return inside[:, None] & inside

    far, near = square(offset.abs() <= 50), square(offset.abs() <= 33)
    blind = torch.where(near, square(offset % 6 == 0), square(offset % 3 == 0))
    seen = seen_by_the_middle(side)
    assert torch.equal(seen, far & ~blind)
    assert not seen[side // 2, side // 2]
    assert int(seen.sum()) == 9520


@pytest.mark.parametrize(("channels", "height", "width"), [(1, 8, 9), (3, 5, 4), (1, 1, 12)])
def test_no_pixel_sees_itself_up_to_the_border(channels: int, height: int, width: int) -> None:
    torch.manual_seed(0)
    net = DilatedBlindSpotNet(channels, width=6, blocks=2).double()
    assert own_pixels_seen(net, channels, height, width) == 0


def test_nor_does_any_at_the_published_size() -> None:
    torch.manual_seed(0)
    net = DilatedBlindSpotNet(1)
    x = torch.rand(1, 1, 24, 24, requires_grad=True)
    mean, feature = net(x)
    (mean.sum(dim=1) + feature.square().sum(dim=1))[0, 12, 11].backward()
    assert x.grad is not None
    assert float(x.grad[0, 0, 12, 11]) == 0.0
    assert int((x.grad != 0.0).sum()) == 24 * 24 - 4 * 4


def test_without_the_mask_all_pixels_see_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    monkeypatch.setattr(MaskedConv2d, "taps", lambda conv: conv.weight)
    net = DilatedBlindSpotNet(1, width=6, blocks=2).double()
    assert own_pixels_seen(net, 1, 6, 7) == 42


def test_the_stored_centre_tap_counts_nothing_and_learns_nothing() -> None:
    torch.manual_seed(0)
    conv = MaskedConv2d(4, 5)
    conv.rows([], torch.rand(1, 4, 6, 6), 0, 6).sum().backward()
    assert conv.weight.grad is not None
    assert not conv.weight.grad[:, :, 2, 2].any()
    assert (conv.weight.grad != 0.0).sum() == 4 * 4 * 24


@pytest.mark.parametrize("rows", [1, 2, 5, 6, 22, 23])
def test_strips_of_rows_give_what_all_rows_give(rows: int) -> None:
    torch.manual_seed(0)
    net = DilatedBlindSpotNet(1, width=6, blocks=2).double()
    x = torch.rand(2, 1, 23, 9, dtype=torch.float64)
    with torch.no_grad():
        strips = net.joined(net.ways(x, rows))
        torch.testing.assert_close(strips, net(x)[1], rtol=1e-12, atol=1e-12)
