"""D-BSN's official stage-1 files: what is read out of them, and what they may not hold."""

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from dbsn import DBSN
from dbsn.model import Denoiser, law_of, predict
from dbsn.network import DilatedBlindSpotNet, NoiseNet, SpreadNet
from dbsn.noise_law import sigma_of
from dbsn.official_weights import Sizes, read_official
from denoisebench.errors import UserError
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.noise_models.multivariate import MultivariateGaussian
from denoisebench.plugin.method import Task
from denoisebench.zoo.importing import read_foreign

Stored = dict[str, Any]


def networks(sizes: Sizes) -> dict[str, nn.Module]:
    return {
        "dbsn": DilatedBlindSpotNet(sizes.channels, sizes.width, sizes.blocks),
        "sigma_mu": SpreadNet(sizes.width, sizes.spread_hidden, sizes.outputs),
        "sigma_n": NoiseNet(sizes.channels, sizes.noise_hidden, sizes.outputs),
    }


def stage1(sizes: Sizes) -> Stored:
    """What the official training saves, of random weights."""
    torch.manual_seed(0)
    stored: Stored = {}
    for name, network in networks(sizes).items():
        state = network.state_dict()
        stored[f"state_dict_{name}"] = {f"module.{key}": state[key] for key in state}
        adam = torch.optim.Adam(network.parameters())
        stored[f"optimizer_state_{name}"] = adam.state_dict()
        schedule = torch.optim.lr_scheduler.MultiStepLR(adam, [20, 40])
        stored[f"schedule_state_{name}"] = schedule.state_dict()
    stored["training_params"] = {"step": 5, "start_epoch": 3}
    stored["args"] = Namespace(noise_type="gaussian", train_noiselevel=[25])
    return stored


SMALL = Sizes(channels=1, width=8, blocks=2, spread_hidden=4, noise_hidden=5, outputs=1)
COLOUR = Sizes(channels=3, width=6, blocks=1, spread_hidden=5, noise_hidden=5, outputs=6)


@pytest.mark.parametrize("sizes", [SMALL, COLOUR], ids=["gray", "colour"])
def test_a_saved_file_gives_its_sizes_and_its_weights(tmp_path: Path, sizes: Sizes) -> None:
    stored = stage1(sizes)
    torch.save(stored, tmp_path / "stage1.pth")
    found = read_official(read_foreign(tmp_path / "stage1.pth", DBSN.foreign_classes))
    assert found.sizes == sizes
    for ours, (name, network) in zip(
        ("blind", "spread", "noise"), networks(sizes).items(), strict=True
    ):
        part = {
            k.removeprefix(f"{ours}."): v for k, v in found.tensors.items() if k.startswith(ours)
        }
        network.load_state_dict(part)
        for key, tensor in network.state_dict().items():
            assert torch.equal(tensor, stored[f"state_dict_{name}"][f"module.{key}"]), key
    assert len(found.tensors) == sum(len(n.state_dict()) for n in networks(sizes).values())


def test_the_published_shapes_give_the_published_sizes() -> None:
    published = Sizes(channels=1, width=96, blocks=8, spread_hidden=16, noise_hidden=16, outputs=1)
    stored: Stored = {}
    with torch.device("meta"):
        states = {name: net.state_dict() for name, net in networks(published).items()}
    for name, state in states.items():
        zeros = {f"module.{k}": torch.zeros(()).expand(t.shape) for k, t in state.items()}
        stored[f"state_dict_{name}"] = zeros
    found = read_official(stored)
    assert found.sizes == published
    assert len(found.tensors) == 282 + 6 + 10
    assert sum(t.numel() for t in found.tensors.values()) == 6_612_289 + 1841 + 865


def test_half_precision_becomes_float32() -> None:
    stored = stage1(SMALL)
    state = stored["state_dict_dbsn"]
    stored["state_dict_dbsn"] = {key: tensor.half() for key, tensor in state.items()}
    assert {t.dtype for t in read_official(stored).tensors.values()} == {torch.float32}


class Stranger:
    """A class that no stage-1 file holds."""


def test_a_file_with_any_other_class_is_refused_by_its_name(tmp_path: Path) -> None:
    torch.save(stage1(SMALL) | {"args": Stranger()}, tmp_path / "stage1.pth")
    with pytest.raises(UserError, match=r"holds [\w.]*Stranger, which is not read"):
        read_foreign(tmp_path / "stage1.pth", DBSN.foreign_classes)


def changed(entry: str, **tensors: object) -> Stored:
    """A file some of whose tensors, `__` for a dot, are others; None leaves one out."""
    stored = stage1(SMALL)
    for name, value in tensors.items():
        key = "module." + name.replace("__", ".")
        if value is None:
            del stored[entry][key]
        else:
            stored[entry][key] = value
    return stored


def without(entry: str) -> Stored:
    stored = stage1(SMALL)
    del stored[entry]
    return stored


def unprefixed() -> Stored:
    stored = stage1(SMALL)
    state = stored["state_dict_sigma_n"]
    stored["state_dict_sigma_n"] = {k.removeprefix("module."): v for k, v in state.items()}
    return stored


BLIND, MU, N = "state_dict_dbsn", "state_dict_sigma_mu", "state_dict_sigma_n"

REFUSED = {
    "no dict": (lambda: [1], "it holds a list; a D-BSN stage-1 checkpoint is wanted"),
    "a part missing": (lambda: without(MU), "there is no state_dict_sigma_mu"),
    "a student": (
        lambda: stage1(SMALL) | {"state_dict_cnn_denoiser": {}},
        "there is a 'state_dict_cnn_denoiser', which",
    ),
    "no state": (lambda: stage1(SMALL) | {N: 3}, "state_dict_sigma_n is a int; a state dict"),
    "no prefix": (unprefixed, r"state_dict_sigma_n has a 'conv\.0\.weight'; its keys begin"),
    "no tensor": (
        lambda: changed(BLIND, concat__bias=[1.0]),
        r"module\.concat\.bias is a list; a float tensor is wanted",
    ),
    "integers": (
        lambda: changed(BLIND, concat__bias=torch.zeros(8, dtype=torch.int64)),
        r"module\.concat\.bias is a torch\.int64 tensor",
    ),
    "two channels": (
        lambda: changed(BLIND, dbsn_head__0__weight=torch.zeros(8, 2, 1, 1)),
        "its network takes 2 channels; 1 or 3 are wanted",
    ),
    "no head": (
        lambda: changed(BLIND, dbsn_head__0__weight=None),
        r"state_dict_dbsn has no tensor module\.dbsn_head\.0\.weight",
    ),
    "a flat head": (
        lambda: changed(BLIND, dbsn_head__0__weight=torch.zeros(8)),
        r"module\.dbsn_head\.0\.weight has shape \(8,\); a 1×1 convolution is wanted",
    ),
    "a missing tensor": (
        lambda: changed(BLIND, br2__branch__7__concat__bias=None),
        r"state_dict_dbsn has no tensor module\.br2\.branch\.7\.concat\.bias",
    ),
    "an unknown tensor": (
        lambda: changed(BLIND, extra=torch.zeros(1)),
        r"state_dict_dbsn has a module\.extra, which its network has not",
    ),
    "another shape": (
        lambda: changed(BLIND, br1__branch__0__weight=torch.zeros(8, 8, 5, 5)),
        r"br1\.branch\.0\.weight has shape \(8, 8, 5, 5\); \(8, 8, 3, 3\) is wanted",
    ),
    "a far block": (
        lambda: changed(BLIND, br1__branch__1000000__weight=torch.zeros(1)),
        "state_dict_dbsn has no blocks in br1, 6 to 99, and a last layer",
    ),
    "outputs": (
        lambda: changed(MU, conv__4__weight=torch.zeros(6, 4, 1, 1)),
        "state_dict_sigma_mu has 6 outputs",
    ),
    "other outputs of the two heads": (
        lambda: changed(N, conv_final__weight=torch.zeros(3, 5, 1, 1)),
        r"state_dict_sigma_n: module\.conv_final\.weight has shape \(3, 5, 1, 1\); \(1, 5, 1, 1\)",
    ),
    "NaN": (
        lambda: changed(MU, conv__0__bias=torch.full((4,), torch.nan)),
        r"state_dict_sigma_mu: module\.conv\.0\.bias has values that are not finite",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_stage_1_file_is_refused_with_the_first_wrong_thing_named(name: str) -> None:
    stored, reason = REFUSED[name]
    with pytest.raises(UserError, match=reason):
        read_official(stored())


@pytest.mark.parametrize(
    ("sizes", "family"),
    [
        (replace(SMALL, noise_hidden=4), Gaussian()),
        (replace(COLOUR, outputs=3), Gaussian()),
        (COLOUR, MultivariateGaussian()),
    ],
    ids=["gray", "colour", "between channels"],
)
def test_imported_weights_are_the_functions_that_they_were(
    sizes: Sizes, family: NoiseFamily
) -> None:
    """μ, σx and the noise's law, each computed as the released code does, from raw pixels."""
    stored = stage1(sizes)
    final = stored[N]["module.conv_final.weight"]
    stored[N]["module.conv_final.weight"] = 0.3 * torch.randn(final.shape)
    theirs = networks(sizes)
    for name, network in theirs.items():
        state = stored[f"state_dict_{name}"]
        network.load_state_dict({key.removeprefix("module."): state[key] for key in state})
    imported = DBSN().import_weights(stored)
    task = Task(Noise(family, 25.0, 25.0), "unknown", sizes.channels)
    network = Denoiser(imported.config, task)
    network.load_state_dict(dict(imported.tensors))
    noisy = torch.rand((1, sizes.channels, 20, 17), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        found = predict(network, noisy)
        mean, feature = theirs["dbsn"](noisy)
        torch.testing.assert_close(found.mean, mean, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(found.factors, theirs["sigma_mu"](feature), rtol=1e-3, atol=1e-4)
        raw = theirs["sigma_n"](noisy)
        law = law_of(network, task, noisy, found.mean, None)
    if sizes.outputs == 6:
        rows = raw.permute(0, 2, 3, 1)
        factor = torch.zeros(1, 20, 17, 3, 3)
        upper = torch.triu_indices(3, 3)
        factor[..., upper[0], upper[1]] = rows
        diagonal = (factor @ factor.transpose(-1, -2)).mean(dim=(1, 2)).diagonal(dim1=-2, dim2=-1)
        torch.testing.assert_close(
            law.variance().flatten(), diagonal.flatten(), rtol=1e-3, atol=1e-5
        )
    else:
        offset = 3e-4 if sizes.channels == 1 else 0.0
        expected = sigma_of(raw.mean(dim=(2, 3), keepdim=True) + offset)
        torch.testing.assert_close(law.sigma, expected, rtol=1e-4, atol=1e-6)


def test_small_networks_of_two_widths_are_refused() -> None:
    with pytest.raises(UserError, match="4 and 5 hidden channels; as many in both are wanted"):
        DBSN().import_weights(stage1(SMALL))
