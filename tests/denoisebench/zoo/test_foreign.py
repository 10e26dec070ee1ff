"""Files of original codes: what may be in them is read, and nothing in them ever runs."""

import argparse
import os
import pickle

import pytest
import torch
from torch import nn

from denoisebench.errors import UserError
from denoisebench.zoo.importing import read_foreign

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": nn.Parameter(torch.ones(2))}


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before PyTorch 1.6"])
def test_tensors_and_plain_containers_are_read(tmp_path, zipped):
    stored = {"decay": 0.999, "list": [1, None, "x"], **TENSORS}
    torch.save(stored, tmp_path / "w.pth", _use_new_zipfile_serialization=zipped)
    got = read_foreign(tmp_path / "w.pth", ())
    assert torch.equal(got["a.weight"], TENSORS["a.weight"])
    assert (got["decay"], got["list"]) == (0.999, [1, None, "x"])


def test_a_class_is_read_when_the_method_names_it_and_refused_by_name_when_not(tmp_path):
    path = tmp_path / "w.pth"
    torch.save({"args": argparse.Namespace(lr=0.1), **TENSORS}, path)
    assert read_foreign(path, (argparse.Namespace,))["args"].lr == 0.1
    with pytest.raises(UserError, match=r"w\.pth holds argparse\.Namespace, which is not read"):
        read_foreign(path, ())


def save_zip(stored, path):
    torch.save(stored, path)


def save_old(stored, path):
    torch.save(stored, path, _use_new_zipfile_serialization=False)


def save_pickle(stored, path):
    path.write_bytes(pickle.dumps(stored))


@pytest.mark.parametrize("save", [save_zip, save_old, save_pickle])
@pytest.mark.parametrize("classes", [(), (argparse.Namespace,)])
def test_code_in_a_file_does_not_run(tmp_path, save, classes):
    path, sprung = tmp_path / "trap.pth", tmp_path / "sprung"
    save({"a.weight": Trap(sprung)}, path)
    with pytest.raises(UserError) as caught:
        read_foreign(path, classes)
    assert not sprung.exists()
    assert str(caught.value).startswith(f"{path} ")
    assert "\n" not in str(caught.value)
    if save is not save_pickle:
        assert f"holds {os.mkdir.__module__}.mkdir, which" in str(caught.value)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_whole_networks_and_programs_are_refused(tmp_path):
    path = tmp_path / "net.pth"
    torch.save(nn.Linear(2, 2), path)
    with pytest.raises(UserError, match=r"holds torch\.nn\.modules\.linear\.Linear, which"):
        read_foreign(path, ())
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)
    with pytest.raises(UserError, match="is a TorchScript archive"):
        read_foreign(path, ())


@pytest.mark.parametrize("kept", [0, 1, 10, 300, -5])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_truncated_file_is_broken(tmp_path, kept, zipped):
    path = tmp_path / "w.pth"
    torch.save(TENSORS, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"is broken, or no file that torch\.save wrote"):
        read_foreign(path, ())


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_foreign(tmp_path / "none.pth", ())
