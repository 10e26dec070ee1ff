"""An executor in one file: the workers of `bench` on a cluster of Dask.  https://distributed.dask.org

    bench compare --plugin dask_executor.py --workers dask:head:8786 --out /drive/results

Each worker of the cluster needs the same suite and images, and sees the folder of results at the
same path.  Dask cannot interrupt a task: after Ctrl-C workers go on until no work is left, or
until they are restarted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from denoisebench.plugin import (
    Crew,
    Executor,
    Progress,
    ProgressCallback,
    Spec,
    UserError,
    WorkerCommand,
    hookimpl,
)

CONNECTS_WITHIN_S = 20


class Dask(Executor):
    name = "dask"
    summary = "one process on each worker of a Dask cluster: dask:ADDRESS"

    def crew(self, spec: Spec) -> Crew:
        if not spec.values or spec.options:
            raise UserError(f"--workers {spec}: give the scheduler's address, as dask:head:8786")
        if find_spec("distributed") is None:
            raise UserError("--workers dask needs the package distributed: pip install distributed")
        return DaskCrew(":".join(spec.values))


@dataclass(frozen=True)
class DaskCrew(Crew):
    """The workers of the cluster at an address."""

    address: str

    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        from distributed import Client, as_completed

        try:
            client = Client(self.address, timeout=CONNECTS_WITHIN_S)
        except (OSError, ValueError) as error:
            raise UserError(f"--workers dask: no cluster at {self.address}: {error}") from None
        with client:
            places = sorted(client.nthreads().items())[:units]
            progress(Progress(f"{len(places)} workers on Dask", 0, 0))
            tasks = {}
            for place, threads in places:
                environment = {"OMP_NUM_THREADS": str(threads)}
                task = client.submit(
                    command.run, environment=environment, workers=[place], pure=False
                )
                tasks[task] = place
            ended = {tasks[task]: _failure(task) for task in as_completed(tasks)}
        return [f"worker {place} {failure}" for place, failure in ended.items() if failure]


def _failure(task) -> str:
    error = task.exception()
    return task.result() if error is None else f"was lost: {error}"


@hookimpl
def register_executors() -> Iterable[Executor]:
    return [Dask()]
