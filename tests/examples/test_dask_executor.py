"""The example of an executor, on a stand-in for Dask's client that runs tasks at once."""

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from denoisebench.errors import UserError
from denoisebench.plugin import worker_process
from denoisebench.plugin.executor import WorkerCommand
from denoisebench.registry.loader import load

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "dask_executor.py")
PROGRAM = """
import os, sys
sys.exit(f"bench: {sys.argv[1:]} {os.environ['OMP_NUM_THREADS']}" if sys.argv[1:] else 0)
"""


class Client:
    """Of a cluster of two workers, with one and three threads."""

    def __init__(self, address: str, timeout: float) -> None:
        if address != "head:8786":
            raise OSError("timed out")

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def nthreads(self) -> dict[str, int]:
        return {"tcp://b:1": 3, "tcp://a:1": 1}

    def submit(self, function, *, workers, pure, **arguments):
        return _Done(lambda: function(**arguments))


class _Done(SimpleNamespace):
    def __init__(self, work) -> None:
        try:
            self.returned, self.raised = work(), None
        except Exception as error:  # noqa: BLE001
            self.returned, self.raised = None, error

    __hash__ = object.__hash__

    def exception(self):
        return self.raised

    def result(self):
        return self.returned


@pytest.fixture(autouse=True)
def dask(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("distributed")
    module.__spec__ = SimpleNamespace()  # type: ignore[assignment]
    module.Client, module.as_completed = Client, list
    monkeypatch.setitem(sys.modules, "distributed", module)
    monkeypatch.setattr(worker_process, "PROGRAM", PROGRAM)


def command(*arguments: str) -> WorkerCommand:
    return WorkerCommand(arguments, Path.cwd(), Path(__file__), "")


def test_each_worker_of_the_cluster_runs_the_command_on_its_threads() -> None:
    crew, said = load([EXAMPLE]).crew("dask:head:8786"), []
    failures = crew.run(command("run"), 9, lambda at: said.append(at.what))
    assert said == ["2 workers on Dask"]
    assert failures == [
        "worker tcp://a:1 ended with status 1: bench: ['run'] 1",
        "worker tcp://b:1 ended with status 1: bench: ['run'] 3",
    ]
    assert crew.run(command(), 1, lambda _: None) == []


def test_no_more_workers_than_units_are_started() -> None:
    crew = load([EXAMPLE]).crew("dask:head:8786")
    assert len(crew.run(command("run"), 1, lambda _: None)) == 1


def test_a_cluster_that_is_not_there_is_refused() -> None:
    with pytest.raises(UserError, match="no cluster at tcp://x:1: timed out"):
        load([EXAMPLE]).crew("dask:tcp://x:1").run(command(), 1, lambda _: None)
    with pytest.raises(UserError, match="give the scheduler's address, as dask:head:8786"):
        load([EXAMPLE]).crew("dask")
