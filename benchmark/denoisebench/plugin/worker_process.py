"""The process of a worker, started again when it is killed."""

import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import IO

from denoisebench.plugin.executor import (
    ENDS_WITHIN_S,
    MOST_RESTARTS,
    PLAN_VARIABLE,
    WorkerCommand,
)

PROGRAM = "from denoisebench.cli import main; main()"
LOOK_S = 0.1
"""How often a worker that runs is looked after."""


class WorkerProcess:
    """One process after the other; the first is usually the last."""

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
            with suppress(OSError):  # no one listens
                self._say(line)
