"""The shelf: every network by its name, in any channels, and its outputs before it has learned."""

import pytest
import torch

from denoisebench.nn.shelf import NETWORKS, UNSTEADY, build_network, refuse_unknown_network

COUNTS = {  # in gray and in colour
    "unet": (988_609, 991_203),
    "unet-shared": (698_017, 700_611),
    "unet-large": (31_030_593, 31_031_875),
    "unet-residual": (2_342_337, 2_343_491),
    "unet-residual-half": (2_292_932, 2_302_156),
    "srresnet": (1_225_153, 1_227_459),
    "dncnn": (555_137, 557_443),
    "dncnn-deep": (665_921, 668_227),
    "unet-transposed": (1_256_689, 1_259_475),
    "unet-shared-relu": (698_017, 700_611),
}


def seeded(name, channels, outputs=None):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_network(name, channels, outputs)


def noisy(channels, side):
    """Centred noise of standard deviation 1/3."""
    return torch.randn((2, channels, side, side), generator=torch.Generator().manual_seed(0)) / 3


@pytest.mark.parametrize("name", NETWORKS)
def test_the_numbers_of_parameters(name):
    nets = [build_network(name, channels) for channels in (1, 3)]
    assert tuple(sum(p.numel() for p in net.parameters()) for net in nets) == COUNTS[name]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(("channels", "outputs"), [(1, None), (3, None), (2, 1), (4, 3)])
def test_inputs_and_outputs_have_their_own_channels(name, channels, outputs):
    if name == "unet-large" and outputs is None:
        pytest.skip("slow to build; other channels are enough")
    net = build_network(name, channels, outputs).eval().requires_grad_(False)
    assert 32 % net.multiple == 0  # crops are multiples of 32
    out = net(torch.zeros(1, channels, net.multiple, 32))
    assert out.shape == (1, outputs or channels, net.multiple, 32)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in UNSTEADY])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_outputs_are_small_beside_what_the_network_must_give(name, channels):
    out = seeded(name, channels).requires_grad_(False)(noisy(channels, 64))
    assert 0.0 < float(out.std()) < 0.05
    assert abs(float(out.mean())) < 0.01


@pytest.mark.parametrize("name", ["unet-residual", "unet-residual-half"])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_first_outputs_of_a_residual_network_have_no_offset(name, channels):
    out = seeded(name, channels).requires_grad_(False)(noisy(channels, 64))
    assert abs(float(out.mean())) < 0.1 * float(out.std())


@pytest.mark.parametrize("name", NETWORKS)
def test_those_that_are_unsteady_in_training_are_marked(name):
    net, x = seeded(name, 1).requires_grad_(False), noisy(1, 32)
    changed = x.clone()
    changed[1] += 1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        steady = torch.allclose(net(x)[0], net(changed)[0], atol=1e-6)
    assert steady != (name in UNSTEADY)


def test_an_unknown_name_is_refused_with_those_that_are_known():
    for name in NETWORKS:
        refuse_unknown_network(name)
    with pytest.raises(ValueError, match=r"^network: 'mlp' is none of unet, unet-shared, unet-"):
        refuse_unknown_network("mlp")
