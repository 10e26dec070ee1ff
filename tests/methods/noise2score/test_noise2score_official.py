"""The official code's network and weights files: sizes, sharing, and what a file may hold."""

import pytest
import torch
from torch import nn

from denoisebench.errors import UserError
from denoisebench.nn.shared_unet import SharedUNet
from noise2score.official_weights import NAMES, read_official

BLOCKS = {  # parameters of the gray network's blocks, as the official code's count them
    "down1": 21_264,
    "down": 20_784,
    "up5": 41_568,
    "up4": 249_120,
    "up": 290_592,
    "tail": 74_689,
}


def official_shapes(c):
    """The official state dict's names, in its order, with the shapes of the weights."""
    return {
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


def official_state(channels=1, std=0.02, seed=0):
    """A state dict as the official code stores it, of random weights."""
    rng = torch.Generator().manual_seed(seed)
    state = {}
    for name, shape in official_shapes(channels).items():
        state[f"{name}.weight"] = torch.randn((*shape, 3, 3), generator=rng) * std
        state[f"{name}.bias"] = torch.randn(shape[0], generator=rng) * std
    return state


def ema(state):
    return {"decay": 0.999, "num_updates": 75625, "shadow_params": list(state.values())}


def official_forward(state, y):
    """The official network, written from its description with functional calls alone."""
    act = nn.functional.leaky_relu

    def conv(x, name):
        return nn.functional.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], padding=1)

    def up(x, name):
        return nn.functional.conv_transpose2d(
            x, state[f"{name}.weight"], state[f"{name}.bias"], 2, padding=1, output_padding=1
        )

    def pool(x):
        return nn.functional.max_pool2d(x, 2)

    def three(x, block, skip):
        x = act(conv(x, f"{block}.0"), 0.1)
        return torch.cat([up(act(conv(x, f"{block}.2"), 0.1), f"{block}.4"), skip], 1)

    p = [pool(act(conv(act(conv(y, "_block1.0"), 0.1), "_block1.2"), 0.1))]
    for _ in range(4):
        p.append(pool(act(conv(p[-1], "_block2.0"), 0.1)))
    h = torch.cat([up(act(conv(p[4], "_block3.0"), 0.1), "_block3.2"), p[3]], 1)
    h = three(h, "_block4", p[2])
    for skip in (p[1], p[0], y):
        h = three(h, "_block5", skip)
    h = act(conv(act(conv(h, "_block6.0"), 0.1), "_block6.2"), 0.1)
    return conv(h, "_block6.4")


@pytest.mark.parametrize(("channels", "count"), [(1, 698_017), (3, 700_611)])
def test_the_network_has_the_official_number_of_parameters(channels, count):
    assert sum(p.numel() for p in SharedUNet(channels).parameters()) == count


def test_each_block_has_its_parameters():
    net = SharedUNet(1)
    assert {n: sum(p.numel() for p in b.parameters()) for n, b in net.named_children()} == BLOCKS


def test_the_shared_blocks_run_at_four_and_three_levels():
    net, sides = SharedUNet(1), {"down": [], "up": []}
    for name, seen in sides.items():
        getattr(net, name).register_forward_hook(
            lambda _block, got, _made, seen=seen: seen.append(got[0].shape[-1])
        )
    net(torch.zeros(1, 1, 64, 64))
    assert sides == {"down": [32, 16, 8, 4], "up": [8, 16, 32]}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(32, 32), (32, 96)])
def test_the_output_has_the_shape_of_the_input_in_multiples_of_32(channels, height, width):
    assert SharedUNet.multiple == 32
    x = torch.zeros(2, channels, height, width)
    assert SharedUNet(channels)(x).shape == x.shape


def test_upsampling_is_by_transposed_convolution_that_doubles_the_sides():
    ups = [m for m in SharedUNet(1).modules() if isinstance(m, nn.ConvTranspose2d)]
    assert [(up.in_channels, up.out_channels) for up in ups] == [(48, 48), (96, 96), (96, 96)]
    assert all(up(torch.zeros(1, up.in_channels, 5, 7)).shape[-2:] == (10, 14) for up in ups)


def test_the_last_skip_is_the_input_itself():
    net = SharedUNet(3)
    seen = []
    net.tail[0].register_forward_hook(lambda _conv, got, _made: seen.append(got[0]))
    x = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    net(x)
    assert seen[0].shape[1] == 99
    assert torch.equal(seen[0][:, 96:], x)


def test_weights_start_small_and_biases_at_zero():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = SharedUNet(1)
    for name, parameter in net.state_dict().items():
        if name.endswith("bias"):
            assert not parameter.any(), name
        else:
            sure = 4 * 0.02 / (2 * parameter.numel()) ** 0.5
            assert float(parameter.std()) == pytest.approx(0.02, abs=sure), name
            assert abs(float(parameter.mean())) < 2 * sure, name


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("pack", [dict, ema], ids=["state dict", "EMA"])
def test_official_weights_make_the_official_network(channels, pack):
    state = official_state(channels, std=0.1)
    got, tensors = read_official(pack(state))
    assert got == channels
    net = SharedUNet(channels)
    net.load_state_dict(tensors)
    y = torch.rand(1, channels, 32, 64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = official_forward(state, y)
        torch.testing.assert_close(net(y), expected, rtol=1e-4, atol=1e-5)
    assert expected.std() > 1e-3


def test_our_parameters_come_in_the_official_order():
    assert list(NAMES.values()) == [name for name, _ in SharedUNet(1).named_parameters()]
    assert list(NAMES) == list(official_state())


def changed(**tensors):
    return official_state() | {name.replace("__", "."): value for name, value in tensors.items()}


def without(name):
    state = official_state()
    del state[name]
    return state


REFUSED = {
    "no dict": (torch.zeros(3), "holds a Tensor; a state dict or an EMA is wanted"),
    "missing": (without("_block4.4.bias"), "there is no tensor _block4.4.bias"),
    "more": (official_state() | {"_block7.0.weight": 1}, "there is a '_block7.0.weight', which"),
    "prefix": ({f"module.{k}": v for k, v in official_state().items()}, "no tensor _block1.0.w"),
    "short EMA": (ema(without("_block1.0.bias")), "there are 27 shadow_params; .* has 28"),
    "no list": ({"shadow_params": 3}, "there are 0 shadow_params"),
    "other order": (
        ema(dict(reversed(official_state().items()))),
        r"_block1\.0\.weight has shape \(1,\); \(48, 1 or 3, 3, 3\) is wanted",
    ),
    "two channels": (official_state(2), r"_block1\.0\.weight has shape \(48, 2, 3, 3\)"),
    "another shape": (
        changed(_block3__2__weight=torch.zeros(48, 96, 3, 3), _block6__0__bias=torch.zeros(3)),
        r"_block3\.2\.weight has shape \(48, 96, 3, 3\); \(48, 48, 3, 3\) is wanted",
    ),
    "no tensor": (changed(_block2__0__bias=[1.0]), "_block2.0.bias is a list; a float"),
    "integers": (
        changed(_block2__0__bias=torch.zeros(48, dtype=torch.int64)),
        "_block2.0.bias is a torch.int64 tensor",
    ),
    "NaN": (
        changed(_block2__0__bias=torch.full((48,), torch.nan)),
        "_block2.0.bias has values that are not finite",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_official_file_is_refused_with_the_first_wrong_tensor_named(name):
    stored, reason = REFUSED[name]
    with pytest.raises(UserError, match=reason):
        read_official(stored)
