"""Workers on a Ray cluster, one a task.  https://docs.ray.io"""

import logging
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Annotated, Any

from denoisebench.errors import UserError
from denoisebench.executors.settings import MOST_WORKERS, Count, require
from denoisebench.plugin.executor import (
    ENDS_WITHIN_S,
    MOST_RESTARTS,
    Crew,
    WorkerCommand,
)
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.specs import Between, Spec, build_config

CONNECTS_WITHIN_S = 20.0
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class RayCrew(Crew):
    """address: of a cluster; empty for the one that runs here, else a new one of this machine.

    workers: 0 for as many as the cluster has room for.  threads, gpus: of each.  Raises ValueError
    for a broken number of GPUs above 1.
    """

    address: str = ""
    workers: Annotated[int, Between(0, MOST_WORKERS)] = 0
    threads: Count = 2
    gpus: Annotated[float, Between(0.0, 64.0)] = 0.0

    def __post_init__(self) -> None:
        if self.gpus > 1 and self.gpus % 1:
            raise ValueError(f"gpus: {self.gpus:g} is above 1 and not whole; give 1 or 0.5, say")

    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        import ray

        with connected(self.address):
            room = self.room(ray.nodes())
            count = min(self.workers or room, units)
            progress(Progress(f"{count} workers on Ray, which has room for {room}", 0, 0))
            task = ray.remote(_work).options(
                num_cpus=self.threads,
                num_gpus=self.gpus,
                max_retries=MOST_RESTARTS,
                retry_exceptions=False,
                name="worker",
            )
            return _failures(
                {task.remote(command, n, self.threads): n for n in range(1, count + 1)}
            )

    def room(self, nodes: Sequence[Mapping[str, Any]]) -> int:
        """How many workers run at a time.  Raises UserError if none can."""
        there = [node["Resources"] for node in nodes if node["Alive"]]
        room = sum(self._fit(resources) for resources in there)
        if not room:
            gpus = f" and {self.gpus:g} GPUs" if self.gpus else ""
            raise UserError(
                f"--workers ray: no machine of the cluster has {self.threads} CPUs{gpus} for a"
                " worker; give other threads= or gpus="
            )
        return room

    def _fit(self, resources: Mapping[str, float]) -> int:
        """How many workers a machine has room for."""
        fit = int(resources.get("CPU", 0) // self.threads)
        if self.gpus >= 1:
            return min(fit, int(resources.get("GPU", 0) // self.gpus))
        if self.gpus:
            return min(fit, int(resources.get("GPU", 0)) * int(1 / self.gpus))
        return fit


def ray_crew(spec: Spec) -> RayCrew:
    """Raises UserError as `Executor.crew` does."""
    settings = build_config(RayCrew, replace(spec, values=()))
    require("ray", spec.name)
    return replace(settings, address=":".join(spec.values) or settings.address)


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be a driver of a cluster while the block runs.  Raises UserError if it does not answer."""
    import ray

    look_for(address)
    in_main_thread = threading.current_thread() is threading.main_thread()
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address or None, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        said = " ".join(str(error).split())
        raise UserError(f"--workers ray: no cluster at {address or 'hand'}: {said}") from None
    if in_main_thread:  # Ray puts its own in place
        signal.signal(signal.SIGTERM, on_sigterm)
    try:
        yield
    finally:
        ray.shutdown()


def look_for(address: str) -> None:
    """Raise UserError if nothing listens at an address: Ray itself tries for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host, int(port)), CONNECTS_WITHIN_S).close()
    except (OSError, ValueError, OverflowError):
        raise UserError(
            f"--workers ray: no cluster answers at {address}; give the address of its head, as"
            " ray:head:6379 or ray:ray://head:10001"
        ) from None


def _work(command: WorkerCommand, number: int, threads: int) -> str:
    """What a task does.  Ray passes on what it prints, with the machine's address."""

    def say(line: str) -> None:
        print(f"worker {number}: {line}", flush=True)

    return command.run(say, {"OMP_NUM_THREADS": str(threads)})


def _failures(tasks: Mapping[Any, int]) -> list[str]:
    """Wait for tasks, whose values are their numbers.  Returns how they failed."""
    import ray
    from ray.exceptions import RayError

    waiting, failures = dict(tasks), []
    try:
        while waiting:
            for task in ray.wait(list(waiting), timeout=LOOK_S)[0]:
                number = waiting.pop(task)
                try:
                    failure = ray.get(task)
                except RayError as error:
                    failure = f"was lost: {' '.join(str(error).split())}"
                if failure:
                    failures.append(f"worker {number} {failure}")
    finally:
        for task in waiting:
            ray.cancel(task)
        if waiting:
            ray.wait(list(waiting), num_returns=len(waiting), timeout=ENDS_WITHIN_S)
    return failures
