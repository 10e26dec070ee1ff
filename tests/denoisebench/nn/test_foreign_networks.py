"""Files of other codes: which network they are of, that it is theirs, and what is refused."""

from collections.abc import Callable, Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from denoisebench.errors import UserError
from denoisebench.nn.foreign_networks import read_network
from denoisebench.nn.shelf import build_network

State = dict[str, Tensor]


def drawn(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> State:
    """Weights and biases of layers, of a size that passes on what they see."""
    rng, state = torch.Generator().manual_seed(seed), {}
    for name, shape in shapes.items():
        fan_in = shape[1] * shape[2] * shape[3]
        state[f"{name}.weight"] = torch.randn(shape, generator=rng) * (2 / fan_in) ** 0.5
        outputs = shape[1] if "deconv" in name or name in TRANSPOSED else shape[0]
        state[f"{name}.bias"] = 0.1 * torch.randn(outputs, generator=rng)
    return state


TRANSPOSED = ("_block3.2", "_block4.4", "_block5.4")


def conv(state: State, name: str, x: Tensor) -> Tensor:
    weight = state[f"{name}.weight"]
    return F.conv2d(x, weight, state[f"{name}.bias"], padding=weight.shape[-1] // 2)


def dncnn_state(channels: int = 1, depth: int = 17) -> State:
    sizes = [channels, *[64] * (depth - 1), channels]
    return drawn({f"model.{2 * k}": (sizes[k + 1], sizes[k], 3, 3) for k in range(depth)})


def dncnn_forward(state: State, y: Tensor) -> Tensor:
    names = [name.removesuffix(".weight") for name in state if name.endswith("weight")]
    x = y
    for name in names[:-1]:
        x = conv(state, name, x).relu()
    return conv(state, names[-1], x)


def joey_state(c: int = 3) -> State:
    sizes = {
        "_block1.0": (48, c),
        "_block1.2": (48, 48),
        "_block2.0": (48, 48),
        "_block3.0": (48, 48),
        "_block3.2": (48, 48),
        "_block4.0": (96, 96),
        "_block4.2": (96, 96),
        "_block4.4": (96, 96),
        "_block5.0": (96, 144),
        "_block5.2": (96, 96),
        "_block5.4": (96, 96),
        "_block6.0": (64, 96 + c),
        "_block6.2": (32, 64),
        "_block6.4": (c, 32),
    }
    return drawn({name: (*size, 3, 3) for name, size in sizes.items()})


def joey_forward(state: State, y: Tensor) -> Tensor:
    def up(x: Tensor, name: str) -> Tensor:
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        return F.conv_transpose2d(x, weight, bias, 2, padding=1, output_padding=1)

    def act(x: Tensor, name: str) -> Tensor:
        return conv(state, name, x).relu()

    pools = [F.max_pool2d(act(act(y, "_block1.0"), "_block1.2"), 2)]
    for _ in range(4):
        pools.append(F.max_pool2d(act(pools[-1], "_block2.0"), 2))
    h = torch.cat([up(act(pools[4], "_block3.0"), "_block3.2"), pools[3]], 1)
    h = torch.cat([up(act(act(h, "_block4.0"), "_block4.2"), "_block4.4"), pools[2]], 1)
    for skip in (pools[1], pools[0], y):
        h = torch.cat([up(act(act(h, "_block5.0"), "_block5.2"), "_block5.4"), skip], 1)
    h = act(act(h, "_block6.0"), "_block6.2")
    return F.leaky_relu(conv(state, "_block6.4", h), 0.1)


def neighbour_state(c: int = 3) -> State:
    sizes = {"enc_conv0": (48, c, 3, 3)} | {f"enc_conv{k}": (48, 48, 3, 3) for k in range(1, 7)}
    for k in range(5, 0, -1):
        wide = 48 if k == 5 else 96
        sizes[f"up{k}.deconv"] = (wide, wide, 2, 2)
        sizes[f"dec_conv{k}a"] = (96, {5: 96, 1: 96 + c}.get(k, 144), 3, 3)
        sizes[f"dec_conv{k}b"] = (96, 96, 3, 3)
    sizes |= {"nin_a": (96, 96, 1, 1), "nin_b": (96, 96, 1, 1), "nin_c": (c, 96, 1, 1)}
    return drawn(sizes)


def neighbour_forward(state: State, y: Tensor) -> Tensor:
    def act(x: Tensor, name: str) -> Tensor:
        return F.leaky_relu(conv(state, name, x), 0.2)

    pools = [y, F.max_pool2d(act(act(y, "enc_conv0"), "enc_conv1"), 2)]
    for k in range(2, 6):
        pools.append(F.max_pool2d(act(pools[-1], f"enc_conv{k}"), 2))
    h = act(pools.pop(), "enc_conv6")
    for k in range(5, 0, -1):
        weight, bias = state[f"up{k}.deconv.weight"], state[f"up{k}.deconv.bias"]
        h = torch.cat([F.conv_transpose2d(h, weight, bias, 2), pools.pop()], 1)
        h = act(act(h, f"dec_conv{k}a"), f"dec_conv{k}b")
    return conv(state, "nin_c", act(act(h, "nin_a"), "nin_b"))


def in_parallel(state: State) -> State:
    return {f"module.{name}": value for name, value in state.items()}


CASES: list[tuple[str, str, State, Callable[[State, Tensor], Tensor]]] = [
    ("dncnn", "noise", dncnn_state(), dncnn_forward),
    ("dncnn", "noise", dncnn_state(3), dncnn_forward),
    ("dncnn-deep", "noise", dncnn_state(3, depth=20), dncnn_forward),
    ("unet-shared-relu", "image", joey_state(3), joey_forward),
    ("unet-shared-relu", "image", joey_state(1), joey_forward),
    ("unet-transposed", "image", neighbour_state(3), neighbour_forward),
    ("unet-transposed", "image", neighbour_state(1), neighbour_forward),
]


@pytest.mark.parametrize(("network", "predicts", "state", "forward"), CASES)
def test_the_network_is_the_one_of_the_code(
    network: str, predicts: str, state: State, forward: Callable[[State, Tensor], Tensor]
) -> None:
    for stored in (state, in_parallel(state), {k: v.double() for k, v in state.items()}):
        read = read_network(stored)
        assert (read.network, read.predicts) == (network, predicts)
        ours = build_network(read.network, read.channels).requires_grad_(False)
        ours.load_state_dict(dict(read.tensors))
        y = torch.rand(1, read.channels, 32, 64, generator=torch.Generator().manual_seed(1))
        expected = forward(state, y)
        assert expected.std() > 1e-2
        torch.testing.assert_close(ours(y), expected, rtol=1e-4, atol=1e-4)


def without(name: str) -> State:
    state = neighbour_state()
    del state[name]
    return state


REFUSED: dict[str, tuple[object, str]] = {
    "no dict": ([1], "it holds a list; a state dict is wanted"),
    "another network": ({"conv.weight": torch.zeros(1)}, "it is of none of these: KAIR's DnCNN of"),
    "missing": (without("dec_conv1a.bias"), "there is no tensor dec_conv1a.bias; Neighbor2Neighb"),
    "more": (joey_state() | {"last": torch.zeros(1)}, "there is a 'last', which joeylitalien's N"),
    "no layers of batch norm": (
        dncnn_state() | {"model.3.running_mean": torch.zeros(64)},
        "there is a 'model.3.running_mean', which KAIR's DnCNN of 17 layers has not",
    ),
    "two channels": (joey_state(2), r"_block1.0.weight has shape \(48, 2, 3, 3\); 1 or 3 channels"),
    "no channels": (dncnn_state() | {"model.0.weight": torch.zeros(64)}, r"shape \(64,\); 1 or 3"),
    "another shape": (
        dncnn_state() | {"model.2.weight": torch.zeros(64, 32, 3, 3)},
        r"model.2.weight has shape \(64, 32, 3, 3\); \(64, 64, 3, 3\) is wanted",
    ),
    "no tensor": (dncnn_state() | {"model.2.bias": [1.0]}, "model.2.bias is a list; a float tens"),
    "integers": (
        dncnn_state() | {"model.2.bias": torch.zeros(64, dtype=torch.int64)},
        "model.2.bias is a torch.int64 tensor",
    ),
    "NaN": (
        dncnn_state() | {"model.2.bias": torch.full((64,), torch.nan)},
        "model.2.bias has values that are not finite",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_such_file_is_refused_with_the_first_wrong_tensor_named(name: str) -> None:
    stored, reason = REFUSED[name]
    with pytest.raises(UserError, match=reason):
        read_network(stored)
