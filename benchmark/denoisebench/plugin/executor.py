"""The interface of a plugin that starts workers, here or on other machines.

Workers share a folder of results: each runs the command that started it, with `--worker`, and
computes what no other one computes.  So an executor starts a command and waits; it divides nothing.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from denoisebench.progress import ProgressCallback
from denoisebench.specs import Spec

MOST_RESTARTS = 2
"""How often a worker that was killed or lost is started again."""
ENDS_WITHIN_S = 60.0
"""A worker that is asked to end has a checkpoint to save."""
PLAN_VARIABLE = "DENOISEBENCH_PLAN"
"""Tells a worker the mark of the plan that it is to share in."""
UNITS_VARIABLE = "DENOISEBENCH_UNITS"
"""Tells a worker the units of work that it is to do, and no others."""


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units of work that one worker does.

    units: their ids.  brings: files of the folder of results that they need, relative to it.
    """

    units: tuple[str, ...]
    brings: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """The command of each worker: `bench` with these arguments.  Can be pickled.

    folder: where it runs; paths in the arguments are relative to it.  mark: a file in the folder of
    results, of a new name; who sees it sees that folder.  plan: the mark of the plan.
    environment: variables of the command that started it, for machines that do not set them.
    parcels: the same work, cut for machines that do not see that folder.

    >>> here = Path.cwd()
    >>> WorkerCommand(("--version",), here, here / "results" / ".workers-1", "").run()
    ... # doctest: +ELLIPSIS
    '... does not see .../results; all workers need one folder of results'
    """

    arguments: tuple[str, ...]
    folder: Path
    mark: Path
    plan: str
    environment: Mapping[str, str] = field(default_factory=dict)
    parcels: tuple[Parcel, ...] = ()

    def run(
        self, say: Callable[[str], None] = _to_stderr, environment: Mapping[str, str] | None = None
    ) -> str:
        """Be a worker until no work is left.  Returns how it failed; empty if it did not.

        say: gets each line that it says.  environment: variables of this worker alone. If this is
        interrupted, the worker is asked to end, saves its state, and is waited for.
        """
        from denoisebench.plugin.worker_process import WorkerProcess

        process = WorkerProcess(self, environment or {}, say)
        try:
            return process.run()
        finally:
            process.end()


class Crew(ABC):
    """Workers that were asked for: an executor with its settings.

    >>> class Here(Crew):
    ...     def run(self, command, units, progress):
    ...         return [failure for failure in [command.run()] if failure]
    """

    @abstractmethod
    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        """Have workers run a command, and wait for all of them.  Returns how workers failed, in
        words that name the worker; each that did.

        units: of work; more workers than that have nothing to do.  progress: is called with what
        happens. On KeyboardInterrupt it ends all workers and raises on.  Raises UserError where
        none can be started.
        """


class Executor(ABC):
    """A kind of `--workers`.

    >>> class AlwaysOne(Executor):
    ...     name, summary = "one", "one process of this machine"
    ...     def crew(self, spec: Spec) -> Crew:
    ...         build_config(NoSettings, spec)
    ...         return Here()
    """

    name: str
    summary: str

    @abstractmethod
    def crew(self, spec: Spec) -> Crew:
        """The workers of `spec`, whose name is this executor's.  Start nothing.

        Raises UserError for wrong settings, and if a package that it needs is not installed.
        """
