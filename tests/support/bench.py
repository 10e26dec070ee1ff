"""Running the command line as a user does: in this process, or in one of its own."""

import contextlib
import io
import logging
import os
import resource
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from PIL import Image

from denoisebench.cli import main

MAIN = "from denoisebench.cli import main; main()"
PLUGIN_FILE = "denoisebench_plugin_"
"""How the modules of `--plugin FILE` are named."""


def command(*arguments: str, before: str = "") -> list[str]:
    """The command, for a process of its own; `before`: Python to run first."""
    return [sys.executable, "-c", f"{before}{MAIN}", *arguments]


def environment(**extra: str) -> dict[str, str]:
    """One thread, no data but what the test makes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DENOISEBENCH_")}
    return kept | {"OMP_NUM_THREADS": "1", "COLUMNS": "100"} | extra


def bench(*arguments: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run `bench` with arguments in `cwd`, in this process, and leave nothing of it behind.

    A process of its own would import torch first, which takes seconds.  What would end it with a
    traceback is raised.
    """
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, environment(**extra), clear=True),
        mock.patch.object(sys, "argv", ["bench", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        _said_as_in_a_script(err),
        _plugin_files_forgotten(),
        _one_thread(),
        pytest.raises(SystemExit) as left,
    ):
        main()
    stdout, stderr = (stream.buffer.getvalue().decode() for stream in (out, err))
    return subprocess.CompletedProcess(arguments, left.value.code, stdout, stderr)


def bench_process(
    *arguments: str, cwd: Path, before: str = "", **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run `bench` as `bench` does, but in a process of its own: for what it imports and leaves."""
    return subprocess.run(
        command(*arguments, before=before),
        cwd=cwd,
        env=environment(**extra),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@contextlib.contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes meanwhile: writing fails as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def _said_as_in_a_script(err: io.TextIOWrapper) -> Iterator[None]:
    """Warnings and log records go to stderr, which pytest keeps them from."""
    handler = logging.StreamHandler(err)
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as warned:
            for hidden in (DeprecationWarning, PendingDeprecationWarning):
                warnings.simplefilter("ignore", hidden)
            yield
    finally:
        logging.getLogger().removeHandler(handler)
    for each in warned:
        err.write(warnings.formatwarning(each.message, each.category, each.filename, each.lineno))


@contextlib.contextmanager
def _plugin_files_forgotten() -> Iterator[None]:
    """A plugin's file is read anew by the next run, even one as long and written as lately."""
    before = set(sys.modules)
    try:
        with mock.patch.object(sys, "dont_write_bytecode", True):
            yield
    finally:
        for name in set(sys.modules) - before:
            if name.startswith(PLUGIN_FILE):
                del sys.modules[name]


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def make_images(folder: Path, count: int, side: int = 48, seed: int = 0) -> Path:
    """A folder of smooth gray PNG images."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for number in range(count):
        coarse = Image.fromarray(rng.integers(30, 225, (6, 6), dtype=np.uint8))
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return folder
