"""What a denoiser costs beside its time: parameters, multiply-adds, memory."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from denoisebench.errors import plugin_code
from denoisebench.images.image_set import LoadedImage
from denoisebench.noise.given import noisy_of
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.method import TrainedMethod

if TYPE_CHECKING:
    from denoisebench.denoising.self_ensemble import Denoise

COUNTED_PX = 256
"""Multiply-adds are counted on the upper left of an image, at most so many pixels wide and high."""

_CLEAR_REFS, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def network_parameters(cell: CellPlan) -> int | None:
    """How many numbers the cell's network learns; None for a method that has no network."""
    if not isinstance(cell.method, TrainedMethod):
        return None
    with plugin_code(cell.method.name), torch.random.fork_rng(devices=[]):
        network = cell.method.network(cell.config, cell.task)
    return sum(parameter.numel() for parameter in network.parameters())


@torch.no_grad()
def gmacs_per_mpx(
    cell: CellPlan, image: LoadedImage, denoise: "Denoise", device: str
) -> float | None:
    """Billions of multiply-adds per megapixel denoised; None for a method that has no network.

    Counted by PyTorch while it denoises a part of `image` once: exact for what convolutions and
    matrix products do, all passes through the network and its padding included; what is done pixel
    by pixel does not count, nor do the other levels that an oracle tries.
    """
    if not isinstance(cell.method, TrainedMethod):
        return None
    inside = (slice(None), slice(COUNTED_PX), slice(COUNTED_PX))
    given = None if image.noisy is None else image.noisy[inside]
    part = dataclasses.replace(image, clean=image.clean[inside], noisy=given)
    with plugin_code(cell.noise.family.name):
        noisy, level = noisy_of(part, cell.noise, cell.seed)
    counter = _FlopCounter()  # type: ignore[no-untyped-call]  # PyTorch gives its modes no types
    with plugin_code(cell.method.name), counter:
        denoise(torch.from_numpy(noisy)[None].to(device), cell.told(level)[0])
    return counter.flops / 2 / int(noisy[0].size) / 1e3  # a multiply-add is two FLOPs


class _FlopCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # as above
    """Adds up the FLOPs of what runs within, by PyTorch's formulas for each operation.

    PyTorch's own counter does the same, and imports the compiler first, for seconds.
    """

    flops = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # so that nothing is wrapped, which is what imports the compiler

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        count = flop_registry.get(func._overloadpacket)
        if count is not None:
            self.flops += count(*args, **(kwargs or {}), out_val=out)
        return out


class PeakMemory:
    """The most memory taken since this was made: of the GPU on CUDA, else by this process."""

    def __init__(self, device: str) -> None:
        self._cuda = device == "cuda"
        self._fresh = self._reset()

    def _reset(self) -> bool:
        """Forget the peak so far.  Returns whether this system can."""
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
            return True
        try:
            _CLEAR_REFS.write_text("5")
        except OSError:  # not Linux, or not allowed
            return False
        return True

    def megabytes(self) -> float | None:
        """What it is now; None where the system tells only that of the process's whole life.

        On CUDA what PyTorch has allocated there, else what the process holds: the interpreter,
        PyTorch and the images of the set included.
        """
        if not self._fresh:
            return None
        if self._cuda:
            return round(torch.cuda.max_memory_allocated() / 1e6, 1)
        lines = _STATUS.read_text(encoding="utf-8").splitlines()
        peak_kib = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
        return round(peak_kib * 1024 / 1e6, 1)
