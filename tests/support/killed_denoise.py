"""`bench denoise` killed at random moments: a process that imports torch once and forks a child for
each run.

    python killed_denoise.py FOLDER SEED KILLS COMMAND...

Runs the command in FOLDER to its end with --out whole, then KILLS times with --out broken, each
killed at a random moment of the time that a whole run took, or when it changes a file.  After one
kill or several, the command runs to its end with --skip, and what it leaves is compared.  Prints
how many runs were killed while they ran, and how often was compared.
"""

import importlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from shutil import rmtree

from killed import _bench, run

CHANGES = 25
"""About as many files as a run opens to write, renames and removes."""


def killed(command: list[str], took_s: float, rng: random.Random) -> bool:
    """Kill a run at a random moment.  Returns whether it still ran."""
    if rng.random() < 0.5:
        return run(command, "broken", signal.SIGKILL, rng.randint(1, CHANGES)) < 0
    child = os.fork()
    if not child:
        try:
            _bench([*command, "--out", "broken"])
        finally:
            os._exit(0)
    time.sleep(rng.uniform(0.0, took_s))
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def campaign(seed: int, kills: int, command: list[str]) -> tuple[int, int]:
    """How many runs were killed, and how often was compared what they left.

    Raises SystemExit where a run that nobody killed failed, or left other files.
    """
    begin, rng, count, compared = time.monotonic(), random.Random(seed), 0, 0
    _end_well(command, "whole")
    took_s, whole = time.monotonic() - begin, found("whole")
    for left in reversed(range(kills)):
        count += killed([*command, rng.choice(["--skip", "--overwrite"])], took_s, rng)
        if left and rng.random() < 0.5:
            continue  # and kill the next one
        _end_well([*command, "--skip"], "broken")
        if (broken := found("broken")) != whole:
            raise SystemExit(f"with {left} kills left, {sorted(broken)} are other files")
        compared += 1
        if rng.random() < 0.5:
            rmtree("broken")
    return count, compared


def found(folder: str) -> dict[str, bytes]:
    """Files and folders below a folder, without the time that a sidecar tells."""
    paths = {str(p.relative_to(folder)): p for p in Path(folder).rglob("*")}
    files = {name: p.read_bytes() if p.is_file() else b"" for name, p in paths.items()}
    for name in [name for name in files if name.endswith((".tif.json", ".zarr.json"))]:
        told = json.loads(files[name])
        files[name] = json.dumps({k: v for k, v in told.items() if k != "seconds"}).encode()
    return files


def _end_well(command: list[str], out: str) -> None:
    if status := run(command, out):
        raise SystemExit(f"a run that nobody killed ended with {status}")


if __name__ == "__main__":
    importlib.import_module("denoisebench.own_images.files_job")
    folder, seed, kills, *command = sys.argv[1:]
    os.chdir(folder)
    print("\nKILLED", *campaign(int(seed), int(kills), command))
