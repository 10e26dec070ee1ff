"""Weights files: what is written is read back, and a broken or hostile file is a user's error."""

import json
import os
import pickle
from dataclasses import replace

import pytest
import torch
from recipes import RECIPE
from safetensors.torch import save_file
from torch import nn

from denoisebench.errors import UserError
from denoisebench.training.weights_file import (
    KEY,
    Header,
    file_hash,
    halve,
    load_into,
    read_header,
    refuse_changed,
    write_weights,
)

HEADER = Header(
    replace(RECIPE, method="noise2score", config={"probe": "paired"}),
    {"ab" * 32: "ünïcode/01.png"},
    {"train_s": 12.5, "skipped_steps": 0, "precision": "bf16"},
)


def network(inputs=2, seed=0):
    """Weights and, in the batch norm, float and integer buffers."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(inputs, 3, 3), nn.BatchNorm2d(3))


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.safetensors"
    write_weights(path, network(), HEADER)
    return path


def assert_refused(action, path, *words):
    with pytest.raises(UserError) as caught:
        action(path)
    text = str(caught.value)
    assert text.startswith(f"weights {path}: ")
    assert "\n" not in text
    for word in words:
        assert word in text


def load_here(path):
    load_into(path, network(seed=1))


def test_tensors_and_header_come_back_as_they_were(weights):
    loaded = network(seed=1)
    load_into(weights, loaded)
    for (name, ours), theirs in zip(
        network().state_dict().items(), loaded.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name
        assert ours.dtype == theirs.dtype
    assert read_header(weights) == HEADER


def test_channels_last_weights_come_back_as_they_were(tmp_path):
    path = tmp_path / "w.safetensors"
    write_weights(path, network().to(memory_format=torch.channels_last), HEADER)
    loaded = network(seed=1)
    load_into(path, loaded)
    assert torch.equal(loaded[0].weight, network()[0].weight)


def test_half_precision_weights_are_loaded_as_float32(tmp_path):
    path = tmp_path / "w.safetensors"
    write_weights(path, network().half(), HEADER)
    loaded = network(seed=1)
    load_into(path, loaded)
    assert loaded[0].weight.dtype == torch.float32
    assert torch.equal(loaded[0].weight, network()[0].weight.half().float())


def test_halved_weights_keep_their_header_and_are_the_nearest_half_precision(weights, tmp_path):
    out = tmp_path / "new" / "half.safetensors"
    halve(weights, out)
    assert read_header(out) == HEADER
    assert out.stat().st_size < weights.stat().st_size
    loaded = network(seed=1)
    load_into(out, loaded)
    for name, tensor in network().state_dict().items():
        nearest = tensor.half().to(tensor.dtype) if tensor.is_floating_point() else tensor
        assert torch.equal(loaded.state_dict()[name], nearest)


def test_weights_beyond_half_precision_are_not_halved(tmp_path):
    path, large = tmp_path / "large.safetensors", network()
    with torch.no_grad():
        large[0].weight.mul_(1e6)
    write_weights(path, large, HEADER)
    with pytest.raises(UserError, match=r"0\.weight holds numbers that float16 cannot"):
        halve(path, tmp_path / "half.safetensors")
    assert not (tmp_path / "half.safetensors").exists()


def test_the_same_weights_make_the_same_file(weights, tmp_path):
    write_weights(tmp_path / "again.safetensors", network(), HEADER)
    assert file_hash(tmp_path / "again.safetensors") == file_hash(weights)
    write_weights(tmp_path / "other.safetensors", network(seed=1), HEADER)
    assert file_hash(tmp_path / "other.safetensors") != file_hash(weights)


def test_a_write_replaces_the_file_and_leaves_nothing_else(weights):
    write_weights(weights, network(seed=1), HEADER)
    assert [path.name for path in weights.parent.iterdir()] == ["weights.safetensors"]
    loaded = network()
    load_into(weights, loaded)
    assert torch.equal(loaded[0].weight, network(seed=1)[0].weight)


def test_a_write_that_fails_leaves_the_old_file_alone(weights):
    before = weights.read_bytes()
    with pytest.raises(TypeError):
        write_weights(
            weights, network(seed=1), Header(replace(RECIPE, config={"not JSON": object()}), {}, {})
        )
    assert [path.read_bytes() for path in weights.parent.iterdir()] == [before]


@pytest.mark.parametrize("action", [read_header, load_here, file_hash])
def test_a_missing_file_is_said_to_be_missing(tmp_path, action):
    assert_refused(action, tmp_path / "none.safetensors", "No such file")


@pytest.mark.parametrize("action", [read_header, load_here, file_hash])
def test_a_folder_is_refused(tmp_path, action):
    assert_refused(action, tmp_path)


@pytest.mark.parametrize("kept", [0, 4, 8, 100, -1])
def test_a_truncated_file_is_refused(weights, kept):
    weights.write_bytes(weights.read_bytes()[:kept])
    assert_refused(load_here, weights, "damaged, or not a denoisebench weights file")
    if kept >= 0:  # otherwise the header is whole
        assert_refused(read_header, weights, "damaged, or not a denoisebench weights file")


@pytest.mark.parametrize("size", [1, 8, 4096])
@pytest.mark.parametrize("action", [read_header, load_here])
def test_random_bytes_are_refused(tmp_path, size, action):
    path = tmp_path / "random.safetensors"
    numbers = torch.randint(0, 256, (size,), generator=torch.Generator().manual_seed(size))
    path.write_bytes(bytes(numbers.tolist()))
    assert_refused(action, path, "damaged, or not a denoisebench weights file")


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "{}", "null", '{"__metadata__": {}}', '{"__metadata__": {"denoisebench": "[1]"}}'),
        *("[" * 90_000, '{"__metadata__": {"denoisebench": 7}}', '{"a": NaN}', '{"\\ud800": 1}'),
        '{"__metadata__": {"denoisebench": "' + "[" * 90_000 + '"}}',
    ],
)
def test_another_json_header_is_refused(tmp_path, text):
    path = tmp_path / "other.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text.encode())
    assert_refused(read_header, path, "damaged, or not a denoisebench weights file")


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("recipe", {"method": ["tv"]}),
        ("recipe", {"budget": {"name": "", "steps": 10**400, "batch": 2, "crop_px": 32}}),
        ("recipe", {"channels": 2}),
        ("recipe", {"seed": "0"}),
        ("images", {"images": 3}),
        ("outcome", {"train_s": "long"}),
        ("outcome", {"threads": [2]}),
    ],
)
def test_a_header_of_other_types_is_refused(weights, part, value):
    data = weights.read_bytes()
    size = int.from_bytes(data[:8], "little")
    index = json.loads(data[8 : 8 + size])
    header = json.loads(index["__metadata__"]["denoisebench"])
    header[part] |= value
    index["__metadata__"]["denoisebench"] = json.dumps(header)
    text = json.dumps(index).encode()
    weights.write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
    assert_refused(read_header, weights, "damaged, or not a denoisebench weights file")


def test_a_file_of_which_any_bit_is_flipped_is_refused(weights):
    data, loaded = bytearray(weights.read_bytes()), network()
    for place in range(len(data)):
        data[place] ^= 1 << place % 8
        weights.write_bytes(data)
        assert_refused(lambda path: load_into(path, loaded), weights, "give a .safetensors file")
        data[place] ^= 1 << place % 8


def test_a_file_from_before_there_was_a_digest_is_read(tmp_path):
    said = {"recipe": HEADER.recipe.to_json(), "images": {}, "outcome": HEADER.outcome}
    path = tmp_path / "old.safetensors"
    save_file(network().state_dict(), path, {KEY: json.dumps(said)})
    loaded = network(seed=1)
    load_into(path, loaded)
    assert torch.equal(loaded[0].weight, network()[0].weight)
    assert read_header(path).recipe == HEADER.recipe


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64])
def test_weights_that_are_not_finite_are_refused_by_the_name_of_the_tensor(tmp_path, wrong, dtype):
    path, broken = tmp_path / "w.safetensors", network().to(dtype)
    with torch.no_grad():
        broken[1].bias[1] = wrong
    write_weights(path, broken, HEADER)
    assert_refused(load_here, path, "1.bias holds numbers that are not finite")


def test_damaged_weights_of_a_training_are_to_be_deleted(tmp_path):
    path = tmp_path / "trainings" / "ab" / "weights.safetensors"
    write_weights(path, network(), HEADER)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert_refused(load_here, path, "delete this file, and the command that trained it trains it")


def test_weights_whose_place_another_file_took_are_refused(weights):
    sha256 = file_hash(weights)
    refuse_changed(weights, sha256)
    write_weights(weights, network(seed=1), HEADER)
    assert_refused(lambda path: refuse_changed(path, sha256), weights, "changed after")


def test_weights_of_another_shape_are_refused(weights):
    assert_refused(lambda path: load_into(path, network(inputs=5)), weights, "size mismatch")


def test_weights_of_another_network_are_refused(weights):
    assert_refused(lambda path: load_into(path, nn.Linear(2, 2)), weights, "give a .safetensors")


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("save", [pickle.dumps, None], ids=["pickle", "torch.save"])
@pytest.mark.parametrize("action", [read_header, load_here])
def test_a_pickle_is_refused_and_its_code_does_not_run(tmp_path, save, action):
    path, sprung = tmp_path / "trap.safetensors", tmp_path / "sprung"
    if save:
        path.write_bytes(save(Trap(sprung)))
    else:
        torch.save(Trap(sprung), path)
    assert_refused(action, path, "damaged, or not a denoisebench weights file")
    assert not sprung.exists()
