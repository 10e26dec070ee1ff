"""Worker processes of this machine, each of which runs the command that started them.

They share its folder, so that claims divide the work; see `claims`.  What they say comes back line
by line.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

from denoisebench.errors import UserError
from denoisebench.progress import Progress, ProgressCallback

PROGRAM = "from denoisebench.cli import main; main()"
MOST_RESTARTS = 2
"""How often a worker that was killed is started again."""
ENDS_WITHIN_S = 60.0
"""A worker that is told to end has a checkpoint to save."""

ON_GPUS = "cuda"
"""What asks for a worker on each GPU."""


def environments(
    workers: str, gpus: int, cores: int, environment: Mapping[str, str]
) -> list[Mapping[str, str]]:
    """What of its environment each worker has for itself.

    workers: a number, or `cuda` for one on each of `gpus`.  cores: divided among workers of a
    number, unless the environment of this process says how many threads one has.  Raises UserError
    for `cuda` where there is no GPU.

    >>> environments("2", 0, 8, {})
    [{'OMP_NUM_THREADS': '4'}, {'OMP_NUM_THREADS': '4'}]
    >>> environments("cuda", 2, 8, {"CUDA_VISIBLE_DEVICES": "3,5"})
    [{'CUDA_VISIBLE_DEVICES': '3'}, {'CUDA_VISIBLE_DEVICES': '5'}]
    """
    if workers != ON_GPUS:
        count = int(workers)
        threads = environment.get("OMP_NUM_THREADS") or str(max(1, cores // count))
        return [{"OMP_NUM_THREADS": threads} for _ in range(count)]
    if not gpus:
        raise UserError("--workers cuda: no GPU is seen; give a number")
    visible = environment.get("CUDA_VISIBLE_DEVICES", "")
    names = visible.split(",") if visible else [str(gpu) for gpu in range(gpus)]
    return [{"CUDA_VISIBLE_DEVICES": name} for name in names]


def run_workers(
    arguments: Sequence[str], settings: Sequence[Mapping[str, str]], progress: ProgressCallback
) -> None:
    """Run `bench` with these arguments as often as there are environments, until all have ended.

    A worker that was killed is started again, `MOST_RESTARTS` times.  What is left then, and what a
    worker refuses, is for this process to do and to say.  When interrupted, it ends them all.
    """
    said: set[str] = set()
    crew = [_Worker(number, arguments, extra, said, progress)
            for number, extra in enumerate(settings, start=1)]  # fmt: skip
    try:
        for worker in crew:
            worker.start()
        for worker in crew:
            worker.join()
    finally:
        for worker in crew:
            worker.end()


class _Worker:
    """One process after the other, of which the first is usually the last."""

    def __init__(
        self,
        number: int,
        arguments: Sequence[str],
        extra: Mapping[str, str],
        said: set[str],
        progress: ProgressCallback,
    ) -> None:
        self._number, self._said, self._progress = number, said, progress
        self._command = [sys.executable, "-c", PROGRAM, *arguments]
        self._environment = {**os.environ, **extra}
        self._ending = False
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join()

    def end(self) -> None:
        """Tell the process to save what it has and end; wait for that."""
        self._ending = True
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()

    def _run(self) -> None:
        for restart in range(MOST_RESTARTS + 1):
            if self._ending:
                return
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            assert self._process.stderr is not None
            for line in self._process.stderr:
                self._say(line.strip())
            status = self._process.wait()
            if status >= 0 or self._ending:
                return
            again = "" if restart == MOST_RESTARTS else "; it is started again"
            self._say(f"was killed by signal {-status}{again}")

    def _say(self, line: str) -> None:
        if line and line not in self._said:  # of what all of them say, once is enough
            self._said.add(line)
            with suppress(OSError):
                self._progress(Progress(f"worker {self._number}: {line}", 0, 0))
