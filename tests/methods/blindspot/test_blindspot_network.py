"""The blind-spot network: sizes, and what each output pixel depends on, by Jacobian."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from blindspot import network as blindspot_network
from blindspot.config import Config
from blindspot.convolutions import AroundConv2d, UpwardConv2d, shifted_down
from blindspot.model import Denoiser
from blindspot.network import BlindSpotNet, PlainNet, Trunk
from denoisebench.nn import Rows, strips
from denoisebench.nn.strips import in_strips, rows_of_image
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Task

GAUSSIAN = Noise(Gaussian(), 25.0, 25.0)
EDGES = ("repeat", "zero")
PROBED = (0, 1, 31, 32, 33, 63)  # borders, and where pooling windows meet


def parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("channels", "outputs", "count"),
    [(3, 9, 1_269_129), (3, 6, 1_268_838), (3, 3, 1_268_547), (1, 2, 1_265_858), (1, 1, 1_265_761)],
)
def test_the_blind_network_has_its_published_size(channels: int, outputs: int, count: int) -> None:
    assert parameters(BlindSpotNet(channels, outputs)) == count


@pytest.mark.parametrize(
    ("channels", "outputs", "count"), [(3, 3, 1_102_371), (1, 1, 1_099_585), (3, 1, 1_102_177)]
)
def test_the_plain_network_has_its_published_size(channels: int, outputs: int, count: int) -> None:
    assert parameters(PlainNet(channels, outputs)) == count


@pytest.mark.parametrize(
    ("parameters_", "level", "count"),
    [("known", "auto", 1_269_129), ("unknown", "auto", 1_269_130),
     ("unknown", "per-image", 2_371_306)],
)  # fmt: skip
def test_an_unknown_level_adds_one_number_or_a_network(
    parameters_: TrainingKnowledge, level: str, count: int
) -> None:
    task = Task(GAUSSIAN, parameters_, 3)
    assert parameters(Denoiser(Config(level=level), task)) == count


def rows_seen(layer: Callable[[Tensor], Tensor], row: int, height: int = 8) -> list[int]:
    x = torch.rand(1, 1, height, 5, dtype=torch.float64, requires_grad=True)
    layer(x)[0, 0, row].sum().backward()
    assert x.grad is not None
    return x.grad[0, 0].abs().sum(dim=1).nonzero().flatten().tolist()


@pytest.mark.parametrize("edges", EDGES)
def test_an_upward_convolution_sees_its_own_row_and_two_above(edges: str) -> None:
    conv = UpwardConv2d(1, 1, edges).double()
    assert rows_seen(conv, 4) == [2, 3, 4]
    assert rows_seen(conv, 0) == [0]


@pytest.mark.parametrize("edges", EDGES)
def test_an_upward_convolution_keeps_the_columns_in_place(edges: str) -> None:
    conv = UpwardConv2d(1, 1, edges).double()
    x = torch.zeros(1, 1, 4, 9, dtype=torch.float64, requires_grad=True)
    conv(x)[0, 0, :, 4].sum().backward()
    assert x.grad is not None
    assert x.grad[0, 0].abs().sum(dim=0).nonzero().flatten().tolist() == [3, 4, 5]


def copying(conv: type[UpwardConv2d], edges: str) -> UpwardConv2d:
    """A convolution whose output is its input."""
    same = conv(1, 1, edges)
    with torch.no_grad():
        same.weight.zero_()
        same.weight[0, 0, same.around[2], 1] = 1.0
    return same


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("edges", EDGES)
def test_an_upward_pool_sees_no_row_below_the_first_of_its_window(
    edges: str, gradients: bool
) -> None:
    x = torch.arange(8.0).view(1, 1, 8, 1).expand(1, 1, 8, 2)
    for conv, rows in ((UpwardConv2d, [0.0, 2.0, 4.0, 6.0]), (AroundConv2d, [1.0, 3.0, 5.0, 7.0])):
        assert pooled(copying(conv, edges), x, gradients)[0, 0, :, 0].tolist() == rows


def pooled(conv: UpwardConv2d, x: Tensor, gradients: bool) -> Tensor:
    """The pool of an image, in one piece or, without gradients, in strips of two rows."""
    if gradients:
        return conv.pooled(x).detach()
    height = x.shape[2]
    with torch.no_grad():
        return in_strips(conv.rows_of_pooled(rows_of_image(x), height), (height + 1) // 2, 1)


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("edges", EDGES)
def test_an_odd_side_is_pooled_to_the_half_rounded_up(edges: str, gradients: bool) -> None:
    conv = copying(AroundConv2d, edges)
    assert pooled(conv, torch.zeros(1, 1, 5, 3), gradients).shape == (1, 1, 3, 2)


def test_a_quarter_turn_is_counter_clockwise() -> None:
    image = torch.tensor([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]).view(1, 1, 2, 3)
    turned = torch.rot90(image, 1, (2, 3))
    assert turned[0, 0].tolist() == [[2.0, 5.0], [1.0, 4.0], [0.0, 3.0]]


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few channels: what sees what does not depend on how many there are."""
    monkeypatch.setattr(blindspot_network, "ENCODER", 4)
    monkeypatch.setattr(blindspot_network, "DECODER", 6)


def leaks(net: nn.Module, height: int, width: int, channels: int) -> tuple[int, int, int]:
    """Over probed pixels: how many see themselves in any channel; how many of their neighbours do
    not see them; how many were probed."""
    torch.manual_seed(1)
    x = torch.randn(1, channels, height, width, dtype=torch.float64)
    with torch.no_grad():
        before = net(x)
        own = unseen = probed = 0
        for i in {p for p in (*PROBED, height - 1) if p < height}:
            for j in {p for p in (*PROBED, width - 1) if p < width}:
                moved = x.clone()
                moved[0, :, i, j] += 1.0
                change = (net(moved) - before).abs().sum(dim=(0, 1))
                own += int(change[i, j] > 0.0)
                around = change[max(0, i - 1) : i + 2, max(0, j - 1) : j + 2]
                unseen += around.numel() - 1 - int((around > 0).sum()) + int(change[i, j] > 0.0)
                probed += 1
    return own, unseen, probed


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(("channels", "outputs"), [(1, 1), (1, 2), (3, 3), (3, 6), (3, 9)], ids=str)
@pytest.mark.parametrize("edges", EDGES)
def test_no_output_sees_its_own_pixel_and_all_see_their_neighbours(
    edges: str, channels: int, outputs: int
) -> None:
    torch.manual_seed(0)
    own, unseen, probed = leaks(BlindSpotNet(channels, outputs, edges).double(), 64, 64, channels)
    assert (own, unseen, probed) == (0, 0, 36)


def test_nor_does_any_at_full_width() -> None:
    torch.manual_seed(0)
    own, unseen, _ = leaks(BlindSpotNet(3, 9).double(), 35, 20, 3)
    assert (own, unseen) == (0, 0)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(("height", "width"), [(33, 64), (37, 50), (5, 1), (1, 1)])
@pytest.mark.parametrize("edges", EDGES)
def test_any_height_and_width_is_blind(edges: str, height: int, width: int) -> None:
    torch.manual_seed(0)
    own, unseen, _ = leaks(BlindSpotNet(1, 2, edges).double(), height, width, 1)
    assert (own, unseen) == (0, 0)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("edges", EDGES)
def test_the_whole_jacobian_of_a_small_image_is_zero_on_its_diagonal_alone(edges: str) -> None:
    torch.manual_seed(0)
    net = BlindSpotNet(1, 1, edges).double()
    x = torch.randn(1, 1, 6, 7, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(net, x).reshape(42, 42)
    assert ((jacobian == 0.0) == torch.eye(42, dtype=torch.bool)).all()


class LateConv2d(UpwardConv2d):
    """Looks up, and pools as if it did not."""

    lag = 0


class EarlyConv2d(AroundConv2d):
    """Looks around, and pools as if it looked up."""

    lag = 1


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("conv", [LateConv2d, EarlyConv2d])
def test_without_upward_pooling_or_convolutions_pixels_see_themselves(
    conv: type[UpwardConv2d],
) -> None:
    torch.manual_seed(0)
    net = BlindSpotNet(1, 2).double()
    net.trunk = Trunk(1, "repeat", conv).double()
    own, _, probed = leaks(net, 64, 64, 1)
    assert own == probed


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("part", ["rows", "columns"])
def test_without_the_last_shift_pixels_see_themselves(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unmoved_rows(rows: Rows, top: int, bottom: int) -> Tensor:
        return rows(top, bottom)

    def write_unmoved(place: Tensor, way: Tensor, quarters: int) -> None:
        place.copy_(torch.rot90(way, -quarters, (2, 3)))

    torch.manual_seed(0)
    net = BlindSpotNet(1, 2).double()
    if part == "rows":
        monkeypatch.setattr(blindspot_network, "rows_moved_down", unmoved_rows)
    else:
        monkeypatch.setattr(blindspot_network, "write_beside", write_unmoved)
    own, _, probed = leaks(net, 64, 64, 1)
    assert own == probed


def test_beyond_the_image_is_its_nearest_row_or_zero() -> None:
    """A flat image stays flat up to its border, unless zeros come in."""
    torch.manual_seed(0)
    for edges in EDGES:
        conv = UpwardConv2d(1, 1, edges)
        flat = conv(torch.ones(1, 1, 6, 6)).detach()
        assert torch.allclose(flat, flat[0, 0, 3, 3].expand_as(flat)) == (edges == "repeat")


def test_a_shift_moves_rows_down_by_one() -> None:
    x = torch.arange(1.0, 4.0).view(1, 1, 3, 1)
    assert shifted_down(x).flatten().tolist() == [0.0, 1.0, 2.0]


@pytest.mark.usefixtures("narrow")
def test_in_training_all_four_go_through_the_trunk_together_and_give_the_same() -> None:
    torch.manual_seed(0)
    net = BlindSpotNet(1, 2).double()
    x = torch.randn(2, 1, 32, 32, dtype=torch.float64)
    together, one_by_one = net.train()(x), net.eval()(x)
    torch.testing.assert_close(together, one_by_one, rtol=0.0, atol=1e-12)


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("turn", [1, 2, 3])
def test_equal_ways_make_the_network_turn_with_the_image(turn: int) -> None:
    """With the same weights for what is above, right, below and left, turning the image turns the
    output: the four parts are turned back to where they belong."""
    torch.manual_seed(0)
    net = BlindSpotNet(1, 1).double()
    weight = net.join.weight.data.unflatten(1, (4, -1))
    weight[:] = weight[:, :1].clone()
    x = torch.randn(1, 1, 32, 32, dtype=torch.float64)
    turned = net(torch.rot90(x, turn, (2, 3)))
    torch.testing.assert_close(turned, torch.rot90(net(x), turn, (2, 3)))


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("network", [BlindSpotNet, PlainNet])
@pytest.mark.parametrize(("height", "width"), [(37, 70), (64, 64), (33, 1), (1, 1), (5, 2)])
@pytest.mark.parametrize("pixels", [1, 512, strips.STRIP_PIXELS])
def test_without_gradients_the_same_is_found_in_strips(
    network: type[BlindSpotNet] | type[PlainNet],
    edges: str,
    height: int,
    width: int,
    pixels: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    torch.manual_seed(0)
    net = network(3, 2, edges).eval()
    x = torch.randn(2, 3, height, width)
    monkeypatch.setattr(strips, "STRIP_PIXELS", pixels)
    with torch.no_grad():
        found = net(x)
    torch.testing.assert_close(found, net(x).detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("gradients", [True, False])
def test_under_autocast_the_trunk_is_in_half_precision_and_the_output_is_not(
    gradients: bool,
) -> None:
    net, x = BlindSpotNet(3, 2), torch.rand(1, 3, 32, 32)
    with torch.set_grad_enabled(gradients), torch.autocast("cpu", torch.bfloat16):
        assert net.trunk(x).dtype == torch.bfloat16
        assert net(x).dtype == torch.float32
