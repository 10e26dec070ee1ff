"""`bench denoise` killed at random moments: a process that imports torch once and forks a child for
each run.

    python killed_denoise.py FOLDER SEED KILLS COMMAND...

Runs the command in FOLDER to its end with --out whole, then KILLS times with --out broken, each
killed at a random moment of the time that a whole run took, then to its end.  Prints how many of
them were killed while they ran.
"""

import importlib
import os
import random
import signal
import sys
import time

from killed import _bench


def start(command: list[str], out: str) -> int:
    """The number of a child process that runs `bench` with a command."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        status = _bench([*command, "--out", out])
    finally:
        os._exit(status)


def campaign(seed: int, kills: int, command: list[str]) -> int:
    """How many runs were killed.  Raises SystemExit where one that nobody killed failed."""
    begin = time.monotonic()
    _end_well(start(command, "whole"))
    took, rng, killed = time.monotonic() - begin, random.Random(seed), 0
    for _ in range(kills):
        child = start([*command, rng.choice(["--skip", "--overwrite"])], "broken")
        time.sleep(rng.uniform(0.0, took))
        os.kill(child, signal.SIGKILL)
        killed += os.WIFSIGNALED(os.waitpid(child, 0)[1])
    _end_well(start([*command, "--overwrite"], "broken"))
    return killed


def _end_well(child: int) -> None:
    if status := os.waitpid(child, 0)[1]:
        raise SystemExit(f"a run that nobody killed ended with {status}")


if __name__ == "__main__":
    importlib.import_module("denoisebench.own_images.files_job")
    folder, seed, kills, *command = sys.argv[1:]
    os.chdir(folder)
    print("\nKILLED", campaign(int(seed), int(kills), command))
