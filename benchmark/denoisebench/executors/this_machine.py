"""Workers on this machine: a number of processes, or one on each GPU."""

import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from denoisebench.errors import UserError
from denoisebench.executors.settings import MOST_WORKERS
from denoisebench.plugin.executor import Crew, WorkerCommand
from denoisebench.plugin.worker_process import WorkerProcess
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.specs import Spec, whole_number


@dataclass(frozen=True, slots=True)
class ProcessCrew(Crew):
    """A number of processes."""

    count: int

    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        count = min(self.count, units)
        threads = threads_each(count, os.cpu_count() or 1, os.environ)
        return run_here(command, [{"OMP_NUM_THREADS": threads}] * count, progress)


@dataclass(frozen=True, slots=True)
class GpuCrew(Crew):
    """A process on each GPU that this process sees."""

    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        import torch

        names = names_of_gpus(torch.cuda.device_count(), os.environ)[:units]
        return run_here(command, [{"CUDA_VISIBLE_DEVICES": name} for name in names], progress)


def process_crew(spec: Spec) -> ProcessCrew:
    """Raises UserError as `Executor.crew` does."""
    if len(spec.values) != 1 or spec.options:
        raise UserError(f"--workers {spec}: give a number of processes, as processes:4")
    try:
        return ProcessCrew(whole_number(spec.values[0], 1, MOST_WORKERS))
    except ValueError as error:
        raise UserError(f"--workers: {error}") from None


def gpu_crew(spec: Spec) -> GpuCrew:
    """Raises UserError as `Executor.crew` does."""
    if spec != Spec(spec.name):
        raise UserError(f"--workers {spec}: {spec.name} has no settings")
    return GpuCrew()


def threads_each(count: int, cores: int, environment: Mapping[str, str]) -> str:
    """How many threads each of the processes has, unless the environment says it.

    >>> threads_each(3, 8, {}), threads_each(3, 8, {"OMP_NUM_THREADS": "5"})
    ('2', '5')
    """
    return environment.get("OMP_NUM_THREADS") or str(max(1, cores // count))


def names_of_gpus(gpus: int, environment: Mapping[str, str]) -> list[str]:
    """CUDA's names of the visible GPUs.  Raises UserError if there is none.

    >>> names_of_gpus(2, {}), names_of_gpus(2, {"CUDA_VISIBLE_DEVICES": "3,5"})
    (['0', '1'], ['3', '5'])
    """
    if not gpus:
        raise UserError("--workers cuda: no GPU is seen; give a number")
    visible = environment.get("CUDA_VISIBLE_DEVICES", "")
    return visible.split(",") if visible else [str(gpu) for gpu in range(gpus)]


def run_here(
    command: WorkerCommand, settings: Sequence[Mapping[str, str]], progress: ProgressCallback
) -> list[str]:
    """Run a command once for each environment, until all have ended; see `Crew.run`."""
    said: set[str] = set()
    crew = [_Worker(number, command, extra, said, progress)
            for number, extra in enumerate(settings, start=1)]  # fmt: skip
    try:
        for worker in crew:
            worker.thread.start()
        for worker in crew:
            worker.thread.join()
    finally:
        for worker in crew:
            worker.process.end()
    return [f"worker {worker.number} {worker.failure}" for worker in crew if worker.failure]


class _Worker:
    """A worker process and the thread that listens to it."""

    def __init__(
        self,
        number: int,
        command: WorkerCommand,
        environment: Mapping[str, str],
        said: set[str],
        progress: ProgressCallback,
    ) -> None:
        self.number, self.failure = number, ""
        self._said, self._progress = said, progress
        self.process = WorkerProcess(command, environment, self._say)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        self.failure = self.process.run()

    def _say(self, line: str) -> None:
        if line not in self._said:  # of what all of them say, once is enough
            self._said.add(line)
            text = f"worker {self.number}: {line}"
            self._progress(Progress(text, 0, 0, weight="warning"))  # it has left out what it may
