"""The machine: versions, devices and their precision, memory, disk.

Imports torch only to ask for devices; versions are read from the installed packages' metadata.
"""

import importlib.util
import math
import os
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import denoisebench
from denoisebench.doctor.finding import Finding
from denoisebench.limits import free_bytes

LIBRARIES = ("torch", "numpy", "scikit-image", "tifffile", "imagecodecs")
"""The libraries that may change a figure or the reading of a file."""

EXTRAS: Mapping[str, str] = {
    "bm3d": "bm3d",
    "bio": "bioio",
    "ray": "ray",
    "slurm": "submitit",
    "zarr": "zarr",
    "tensorboard": "tensorboard",
    "parquet": "pyarrow",
}
"""The extras of the package, each with a module that it brings."""

LEAST_MEMORY_GB, LEAST_DISK_GB = 2.0, 1.0


def versions() -> Iterator[Finding]:
    """The suite, Python, the libraries, and the optional ones."""
    folder = Path(denoisebench.__file__).parent
    yield Finding("suite", f"denoisebench {denoisebench.__version__} in {folder}")
    system = f"{platform.system()} {platform.machine()}"
    yield Finding("python", f"{platform.python_version()}, {sys.executable}, {system}")
    yield Finding("libraries", ", ".join(f"{name} {_version(name)}" for name in LIBRARIES))
    there = [name for name, module in EXTRAS.items() if importlib.util.find_spec(module)]
    missing = [name for name in EXTRAS if name not in there]
    advice = f"python -m pip install 'denoisebench[{missing[0]}]' adds one" if missing else ""
    text = f"{', '.join(there) or 'none'}; not installed: {', '.join(missing) or 'none'}"
    yield Finding("extras", text, advice)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing"


def devices() -> Iterator[Finding]:
    """Each device that networks can run on, and whether it multiplies bfloat16."""
    import torch

    from denoisebench.nn.devices import pick_device, pick_precision

    names = ["cpu", *(f"cuda:{gpu}" for gpu in range(torch.cuda.device_count()))]
    names += ["mps"] if torch.backends.mps.is_available() else []
    usual = pick_device("auto")
    for name in names:
        what = f"{os.cpu_count()} cores, {torch.get_num_threads()} threads"
        if name.startswith("cuda"):
            what = torch.cuda.get_device_name(name)
        bf16 = "multiplies bfloat16" if pick_precision(name) == "bf16" else "no bfloat16: float32"
        default = "; the default" if name.partition(":")[0] == usual else ""
        yield Finding("device", f"{name}: {what}, {bf16}{default}")


def memory() -> Iterator[Finding]:
    """The memory that a process may still take."""
    free = free_bytes()
    if math.isinf(free):
        yield Finding("memory", "the system does not say how much is free")
        return
    few = free < 1e9 * LEAST_MEMORY_GB
    advice = "close other programs, or give --memory GB; images are then denoised in tiles"
    yield Finding("memory", f"{free / 1e9:.1f} GB free", advice if few else "")


def disk(out: Path) -> Iterator[Finding]:
    """The room for results, and whether they can be written."""
    folder = next(p for p in (out.absolute(), *out.absolute().parents) if p.exists())
    free_gb = shutil.disk_usage(folder).free / 1e9
    text = f"{free_gb:.0f} GB free for {out}"
    if not os.access(folder, os.W_OK):
        yield Finding("disk", f"{folder} cannot be written", "give another --out", wrong=True)
    elif free_gb < LEAST_DISK_GB:
        yield Finding("disk", text, "make room, or give another --out", wrong=True)
    else:
        yield Finding("disk", text)
