"""Workers on a Ray cluster.  https://docs.ray.io

Where all machines see the folder of results, each worker is a task, and they divide the work there.
Else each parcel of work is one, whose results come back.
"""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from denoisebench.errors import UserError
from denoisebench.executors.settings import MOST_WORKERS, Count, require
from denoisebench.plugin.errand import Delivery, Errand, inputs_of, together
from denoisebench.plugin.executor import (
    ENDS_WITHIN_S,
    MOST_RESTARTS,
    Crew,
    WorkerCommand,
)
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.specs import Between, Spec, build_config

T = TypeVar("T")

CONNECTS_WITHIN_S = 20.0
STARTS_WITHIN_S = 120.0
"""A worker imports the suite first."""
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
            nodes = ray.nodes()
            room = self.room(nodes)
            count = min(self.workers or room, units)
            progress(Progress(f"{count} workers on Ray, which has room for {room}", 0, 0))
            if all_see(command, nodes):
                work, numbers = self._task(_work), range(1, count + 1)
                return _failures({work.remote(command, n, self.threads): n for n in numbers})
            text = f"files are sent: not all machines see {command.mark.parent}"
            progress(Progress(text, 0, 0))
            return self._errands(command, count)

    def _errands(self, command: WorkerCommand, count: int) -> list[str]:
        """Have the work done in folders of the workers, at most `count` at a time, and store it."""
        import ray

        errand, inputs = self._task(_run_errand), ray.put(inputs_of(command))
        waiting = list(enumerate(together(command.parcels, count), 1))
        running: dict[Any, int] = {}
        failures: list[str] = []
        try:
            while waiting or running:
                while waiting and len(running) < count:
                    number, parcel = waiting.pop(0)
                    sent = Errand.of(command, parcel)
                    running[errand.remote(sent, inputs, number, self.threads)] = number
                for task in ray.wait(list(running), timeout=LOOK_S)[0]:
                    number = running.pop(task)
                    delivery = _result(task, Delivery)
                    delivery.store(command.mark.parent)
                    if delivery.failure:
                        failures.append(f"worker {number} {delivery.failure}")
        finally:
            _cancel(running)
        return failures

    def _task(self, function: Callable[..., Any]) -> Any:
        """A function as a task of Ray."""
        import ray

        return ray.remote(function).options(
            num_cpus=self.threads,
            num_gpus=self.gpus,
            max_retries=MOST_RESTARTS,
            retry_exceptions=False,
            name="worker",
        )

    def room(self, nodes: Sequence[Mapping[str, Any]]) -> int:
        """How many workers run at a time.  Raises UserError if none can."""
        room = sum(self._fit(node["Resources"]) for node in nodes if node["Alive"])
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


def all_see(command: WorkerCommand, nodes: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each machine sees the folder of results and the one where the command runs.

    Raises UserError if one has no denoisebench, or does not answer.
    """
    import ray
    from ray.exceptions import GetTimeoutError, RayError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look = ray.remote(_sees)
    asked = [
        look.options(
            num_cpus=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
        ).remote(command)
        for node in nodes
        if node["Alive"]
    ]
    try:
        return all(ray.get(asked, timeout=STARTS_WITHIN_S))
    except GetTimeoutError:
        raise UserError(
            f"--workers ray: a machine does not answer within {STARTS_WITHIN_S:g} s"
        ) from None
    except RayError as error:
        last = str(error).strip().splitlines()[-1]
        raise UserError(
            f"--workers ray: a machine cannot start a worker; denoisebench must be installed on"
            f" each, in this version: {last}"
        ) from None


def _sees(command: WorkerCommand) -> bool:
    return command.mark.exists() and command.folder.is_dir()


def _work(command: WorkerCommand, number: int, threads: int) -> str:
    """A task, where all see one folder."""
    return command.run(_saying(number), {"OMP_NUM_THREADS": str(threads)})


def _run_errand(errand: Errand, inputs: dict[Path, bytes], number: int, threads: int) -> Delivery:
    """A task, where not all see one folder."""
    return errand.run(inputs, _saying(number), {"OMP_NUM_THREADS": str(threads)})


def _saying(number: int) -> Callable[[str], None]:
    """Ray passes on what a task prints, with the machine's address."""
    return lambda line: print(f"worker {number}: {line}", flush=True)


def _failures(tasks: Mapping[Any, int]) -> list[str]:
    """Wait for tasks, whose values are their numbers.  Returns how they failed."""
    import ray

    waiting, failures = dict(tasks), []
    try:
        while waiting:
            for task in ray.wait(list(waiting), timeout=LOOK_S)[0]:
                number, failure = waiting.pop(task), _result(task, str)
                if failure:
                    failures.append(f"worker {number} {failure}")
    finally:
        _cancel(waiting)
    return failures


def _result(task: Any, lost: Callable[[str], T]) -> T:
    """The value of a task; where its worker was lost, `lost` of how."""
    import ray
    from ray.exceptions import RayError

    try:
        result: T = ray.get(task)
    except RayError as error:
        return lost(f"was lost: {' '.join(str(error).split())}")
    return result


def _cancel(tasks: Mapping[Any, int]) -> None:
    """End the tasks that still run, and wait for that."""
    import ray

    for task in tasks:
        ray.cancel(task)
    if tasks:
        ray.wait(list(tasks), num_returns=len(tasks), timeout=ENDS_WITHIN_S)
