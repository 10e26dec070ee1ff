"""Loading a trained network from its file."""

import pytest
import torch

from denoisebench.denoising.trained_model import load_model
from denoisebench.errors import UserError
from denoisebench.plugin.method import Task
from denoisebench.registry.loader import load


def load_supervised(weights):
    registries = load()
    method, config = registries.method("supervised")
    task = Task(registries.noise("gaussian:25"), "known", 1)
    return load_model(method, config, task, weights, "cpu", "fp32")


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_networks_have_as_many_threads_after_a_load_as_before():
    registries = load()
    weights = registries.bundled_file(registries.recipe("supervised/gray-gaussian25"))
    model = load_supervised(weights)
    assert torch.get_num_threads() == 2
    assert not any(p.requires_grad for p in model.network.parameters())


@pytest.mark.usefixtures("two_threads")
def test_networks_have_as_many_threads_after_a_file_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    path.write_bytes(b"no weights")
    with pytest.raises(UserError, match="damaged"):
        load_supervised(path)
    assert torch.get_num_threads() == 2
