"""Runs of `bench` that are killed at random moments: a process that imports torch once and forks
a child for each run.

    python killed.py FOLDER SEED KILLS COMMAND...

Runs the command to its end in FOLDER/whole, then in FOLDER/broken with KILLS kills, and there to
its end.  Prints the exit statuses of the killed runs, negative for a signal, as JSON.
"""

import importlib
import itertools
import json
import os
import random
import signal
import sys
import traceback
from pathlib import Path

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def run(command: list[str], out: str, kill: signal.Signals | None = None, at: int = 0) -> int:
    """The exit status of a run.  kill: by which it is killed when it changes a file the `at`th
    time."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if kill is not None:
            _kill_at(kill, at, out)
        status = _bench([*command, "--out", out])
    except BaseException:  # noqa: BLE001 - the child must not go on as the parent
        traceback.print_exc()
        status = 70
    sys.stdout.flush()
    os._exit(status)


def _kill_at(number: signal.Signals, at: int, out: str) -> None:
    changes = itertools.count(1)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        writes = event == "open" and bool(int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR))
        if (
            (writes or event in ("os.rename", "os.remove", "os.mkdir"))
            and out in str(arguments[0])
            and next(changes) == at
        ):
            os.kill(os.getpid(), number)

    sys.addaudithook(watch)


def _bench(arguments: list[str]) -> int:
    """Run `bench` in this process.  Returns its exit status."""
    from denoisebench.cli import main

    sys.argv = ["bench", *arguments]
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def campaign(seed: int, kills: int, command: list[str]) -> list[int]:
    """The exit statuses of the killed runs."""
    rng = random.Random(seed)
    if run(command, "whole"):
        raise SystemExit("the run that nobody killed failed")
    statuses = [
        run(command, "broken", rng.choice(SIGNALS), rng.randint(1, 40)) for _ in range(kills)
    ]
    if run(command, "broken"):
        raise SystemExit("the run after the kills failed")
    return statuses


if __name__ == "__main__":
    import denoisebench.training.trainer

    denoisebench.training.trainer.CHECKPOINT_EVERY_S = 0.0
    importlib.import_module("denoisebench.execution.fit")
    sys.stdout, said = sys.stderr, sys.stdout
    folder, seed, kills, *command = sys.argv[1:]
    os.chdir(Path(folder))
    _bench([*command, "--methods", "identity", "--out", "imports"])  # in each child they take long
    print(json.dumps(campaign(int(seed), int(kills), command)), file=said)
