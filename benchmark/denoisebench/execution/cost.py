"""The cost of a denoiser other than time: parameters, multiply-adds, memory."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import conv_flop_count, flop_registry

from denoisebench.errors import plugin_code
from denoisebench.images.image_set import LoadedImage
from denoisebench.nn.devices import kind_of
from denoisebench.nn.onednn import DOUBLED, doubled_in_one_pass, one_pass
from denoisebench.noise.given import noisy_of
from denoisebench.noise.level_reading import LevelUnknownError
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import Task, TrainedMethod

if TYPE_CHECKING:
    from denoisebench.denoising.self_ensemble import Denoise

COUNTED_PX = 256
"""Multiply-adds are counted on the upper left of an image, at most this wide and high."""

_CLEAR_REFS, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def network_parameters(cell: CellPlan) -> int | None:
    """The number of parameters of the cell's network; None for a method without one."""
    if not isinstance(cell.method, TrainedMethod | ImageMethod):
        return None
    return parameters_of(cell.method, cell.config, cell.task)


def parameters_of(method: TrainedMethod[Any] | ImageMethod[Any], config: Any, task: Task) -> int:
    """The number of parameters of a method's network.  Raises PluginError for one not built."""
    with plugin_code(method.name), torch.random.fork_rng(devices=[]):
        network = method.network(config, task)
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def gmacs_per_mpx(
    cell: CellPlan, image: LoadedImage, denoise: "Denoise", device: str
) -> float | None:
    """Billions of multiply-adds per megapixel denoised; None for a method that is not trained, and
    where the part of the image that is denoised does not tell the level that the method needs.

    PyTorch counts while it denoises a part of `image` once. The count is exact for convolutions and
    matrix products, and includes all passes through the network and its padding. Pixelwise
    operations do not count, nor do the other levels that an oracle tries.
    """
    if not isinstance(cell.method, TrainedMethod):
        return None
    inside = (slice(None), slice(COUNTED_PX), slice(COUNTED_PX))
    given = None if image.noisy is None else image.noisy[inside]
    part = dataclasses.replace(image, clean=image.clean[inside], noisy=given)
    with plugin_code(cell.noise.family.name):
        noisy, level = noisy_of(part, cell.noise, cell.seed)
    counter = _FlopCounter()
    try:
        with plugin_code(cell.method.name), counter:
            denoise(torch.from_numpy(noisy)[None].to(device), cell.given_levels(level)[0])
    except LevelUnknownError:
        return None
    return counter.flops / 2 / int(noisy[0].size) / 1e3  # a multiply-add is two FLOPs


class _FlopCounter(TorchDispatchMode):
    """Adds up the FLOPs of the code run inside it, by PyTorch's formulas for each operation.

    `torch.utils.flop_counter.FlopCounterMode` finds the same and imports the compiler first: 3 s,
    and 70 MB that the peak memory of all later cells would include.
    """

    flops = 0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # PyTorch gives its modes no types
        self._counts: dict[Any, Callable[..., int]] = {
            torch.ops.aten.convolution: _flops_of_convolution
        }
        passes = (
            (one_pass("cpu"), _flops_of_one_pass),
            (doubled_in_one_pass("cpu"), _flops_of_doubled),
        )
        self._counts |= {operator: count for operator, count in passes if operator is not None}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # so that nothing is wrapped, which is what imports the compiler

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        count = self._counts.get(func._overloadpacket) or flop_registry.get(func._overloadpacket)
        if count is not None:
            self.flops += count(*args, **(kwargs or {}), out_val=out)
        return out


def _flops_of_convolution(x: Tensor, weight: Tensor, *others: Any, out_val: Tensor) -> int:
    """The FLOPs of a convolution.  torch counts those of a transposed one by its inputs, with the
    outputs that its padding cuts off; they are not computed."""
    _bias, stride, _padding, _dilation, transposed, *_ = others
    if transposed:
        groups = out_val.shape[1] / weight.shape[1]
        taps: float = weight[0, 0].numel() / math.prod(stride) * x.shape[1] / groups
        return round(2 * out_val.numel() * taps)
    return int(conv_flop_count(list(x.shape), list(weight.shape), list(out_val.shape)))


def _flops_of_one_pass(x: Tensor, *others: Any, out_val: Tensor) -> int:
    """The FLOPs of a convolution with an activation or a sum inside; torch has no formula for
    it."""
    weight = next(t for t in others if t.shape[1] == x.shape[1] and len(t) == out_val.shape[1])
    return int(conv_flop_count(list(x.shape), list(weight.shape), list(out_val.shape)))


def _flops_of_doubled(x: Tensor, weight: Tensor, *_: Any, out_val: Tensor) -> int:
    """The same of a transposed convolution with an activation inside."""
    return _flops_of_convolution(x, weight, None, DOUBLED[1], None, None, True, out_val=out_val)


class PeakMemory:
    """The peak of memory since the object was made: of the GPU on CUDA, else of this process."""

    def __init__(self, device: str) -> None:
        self._gpu = device if kind_of(device) == "cuda" else None
        self._fresh = self._reset()

    def _reset(self) -> bool:
        """Forget the peak so far.  Returns whether this system can."""
        if self._gpu:
            torch.cuda.reset_peak_memory_stats(self._gpu)
            return True
        try:
            _CLEAR_REFS.write_text("5")
        except OSError:  # not Linux, or not allowed
            return False
        return True

    def megabytes(self) -> float | None:
        """The peak so far, in MB; None if the system reports it only for the whole process.

        On CUDA it is the memory that PyTorch allocated there, else that of the process, with the
        interpreter, PyTorch and the images of the set.
        """
        if not self._fresh:
            return None
        if self._gpu:
            return round(torch.cuda.max_memory_allocated(self._gpu) / 1e6, 1)
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        peak_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return round(peak_kib * 1024 / 1e6, 1)
