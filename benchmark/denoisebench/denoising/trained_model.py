"""A trained network from its file, ready to denoise."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from denoisebench.errors import plugin_code
from denoisebench.nn.devices import Precision, kind_of
from denoisebench.nn.padding import run_in_bf16
from denoisebench.plugin.method import Model, Task, TrainedMethod
from denoisebench.training.weights_file import load_into


def load_model(
    method: TrainedMethod[Any],
    config: Any,
    task: Task,
    weights: Path,
    device: str,
    precision: Precision,
) -> Model[Any]:
    """The network of a file, on the device, its weights held.

    precision: of the parts that the method says.  Raises UserError for weights that do not fit.
    """
    with _on_one_thread():
        with plugin_code(method.name):
            network = method.network(config, task)
        load_into(weights, network)
        network = network.eval().requires_grad_(False)
        network = network.to(torch.device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    set_precision(method, network, precision, device)
    return Model(config, task, network)


@contextmanager
def _on_one_thread() -> Iterator[None]:
    """Tensors of weights are small: a second thread waits for each of them longer than it works."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def set_precision(
    method: TrainedMethod[Any], network: nn.Module, precision: Precision, device: str
) -> None:
    """Run the parts of a method's network that may have less than float32 in `precision`."""
    if precision == "bf16":
        with plugin_code(method.name):
            for part in method.parts_in_bf16(network):
                run_in_bf16(part, kind_of(device))
