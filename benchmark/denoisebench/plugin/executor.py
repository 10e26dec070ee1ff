"""The interface of a plugin that starts workers, here or on other machines.

Workers share a folder of results: each runs the command that started it, with `--worker`, and
computes what no other one computes.  So an executor starts a command and waits; it divides nothing.
"""

import os
import platform
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from denoisebench.progress import ProgressCallback
from denoisebench.specs import Spec

PROGRAM = "from denoisebench.cli import main; main()"
MOST_RESTARTS = 2
"""How often a worker that was killed or lost is started again."""
ENDS_WITHIN_S = 60.0
"""A worker that is told to end has a checkpoint to save."""
LOOK_S = 0.1
"""How often a worker that runs is looked after."""
PLAN_VARIABLE = "DENOISEBENCH_PLAN"
"""Tells a worker the mark of the plan that it is to share in."""


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """What each worker runs: `bench` with these arguments.  Can be pickled.

    folder: where it runs; paths in the arguments are relative to it.  mark: a file in the folder of
    results, of a new name; who sees it sees that folder.  plan: the mark of the plan.
    environment: variables of the command that started it, for machines that do not set them.

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

    def run(
        self, say: Callable[[str], None] = _to_stderr, environment: Mapping[str, str] | None = None
    ) -> str:
        """Be a worker until no work is left.  Returns how it failed; empty if it did not.

        say: gets each line that it says.  environment: variables of this worker alone.  Where this
        is interrupted, the worker is told to end, saves what it has, and is waited for.
        """
        process = WorkerProcess(self, environment or {}, say)
        try:
            return process.run()
        finally:
            process.end()


class WorkerProcess:
    """One process after the other, of which the first is usually the last."""

    def __init__(
        self, command: WorkerCommand, environment: Mapping[str, str], say: Callable[[str], None]
    ) -> None:
        self._command, self._say = command, say
        self._environment = {
            **command.environment,
            **os.environ,
            **environment,
            PLAN_VARIABLE: command.plan,
        }
        self._ending = False
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> str:
        """Run it, again if it is killed.  Returns how it failed; empty if it did not."""
        mark, folder = self._command.mark, self._command.folder
        for path, seen in [(mark.parent, mark.exists()), (folder, folder.is_dir())]:
            if not seen:
                machine = platform.node()
                return f"{machine} does not see {path}; all workers need one folder of results"
        failure = ""
        for restart in range(MOST_RESTARTS + 1):
            if self._ending:
                break
            status, said = self._run_once()
            if status >= 0 or self._ending:
                return f"ended with status {status}: {said}" if status else ""
            failure = f"was killed by signal {-status}"
            self._say(failure if restart == MOST_RESTARTS else f"{failure}; it is started again")
        return failure

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

    def _run_once(self) -> tuple[int, str]:
        """The exit status, negative for a signal, and the last line said."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *self._command.arguments],
            cwd=self._command.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        said: list[str] = []
        listener = threading.Thread(target=self._pass_on, args=(self._process.stderr, said))
        listener.daemon = True
        listener.start()
        while self._process.poll() is None:  # Ray's interrupts do not cut a read or a wait short
            time.sleep(LOOK_S)
        listener.join()
        return self._process.returncode, said[-1] if said else ""

    def _pass_on(self, lines: IO[str], said: list[str]) -> None:
        for line in filter(None, map(str.strip, lines)):
            said[:] = [line]
            with suppress(OSError):  # nobody listens
                self._say(line)


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

        units: of work; more workers than that have nothing to do.  progress: is told what happens.
        On KeyboardInterrupt it ends all workers and raises on.  Raises UserError where none can be
        started.
        """


class Executor(ABC):
    """A kind of `--workers`.

    >>> class AlwaysOne(Executor):
    ...     name, summary = "one", "one process of this machine"
    ...     def crew(self, spec: Spec) -> Crew:
    ...         build_config(object, spec)  # which has no settings
    ...         return Here()
    """

    name: str
    summary: str

    @abstractmethod
    def crew(self, spec: Spec) -> Crew:
        """The workers of `spec`, whose name is this executor's.  Start nothing.

        Raises UserError for wrong settings, and if a package that it needs is not installed.
        """
