"""What is said of a plugin that raises: the type, the text, the line."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage.filters import threshold_otsu

from denoisebench.denoising.denoiser import denoise_checked
from denoisebench.errors import PluginError

LOSS = """
def loss(step):
    return step("a")
"""
ENTRY = """
from torch.nn import Module
from stray.loss import loss

class Network(Module):
    def forward(self, noisy, level):
        return loss(self.step)
"""


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Of a package of two modules: its forward calls `step` through the other one."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "stray").mkdir()
    (tmp_path / "stray" / "__init__.py").write_text(ENTRY)
    (tmp_path / "stray" / "loss.py").write_text(LOSS)
    yield importlib.import_module("stray").Network()
    for name in ("stray", "stray.loss"):
        del sys.modules[name]


@pytest.mark.parametrize("step", [int, torch.ones, threshold_otsu])
def test_the_innermost_line_of_the_plugin_is_named_whoever_raised(
    network: Any, step: Callable[[str], object]
) -> None:
    network.step = step
    with pytest.raises(PluginError, match=r"^stray raised .*, in stray/loss.py:3 \(loss\)$"):
        denoise_checked("stray", network, np.zeros((1, 4, 4), np.float32), None, "cpu")


def test_no_line_is_named_where_no_plugin_runs() -> None:
    noisy = np.zeros((1, 4, 4), np.float32)
    with pytest.raises(PluginError, match=r"^odd raised RuntimeError: [^,]* have a grad_fn$"):
        denoise_checked("odd", torch.Tensor.backward, noisy, None, "cpu")  # type: ignore[arg-type]
