"""Worker processes: what they say comes back, a killed one is started again, all end together."""

import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from denoisebench.cli import group
from denoisebench.errors import UserError
from denoisebench.executors.this_machine import names_of_gpus, run_here, threads_each
from denoisebench.plugin import worker_process
from denoisebench.plugin.executor import WorkerCommand
from denoisebench.progress import Progress


def command_of(*arguments: str) -> WorkerCommand:
    return WorkerCommand(arguments, Path.cwd(), Path(__file__), "")


def told(
    monkeypatch: pytest.MonkeyPatch, program: str, *arguments: str, count: int = 1
) -> list[str]:
    """What workers that run this Python program say, and how they failed."""
    monkeypatch.setattr(worker_process, "PROGRAM", program)
    said: list[str] = []
    settings = [{"OMP_NUM_THREADS": "1"}] * count
    failures = run_here(command_of(*arguments), settings, lambda at: said.append(at.what))
    return said + failures


def test_a_worker_gets_the_arguments_and_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import os, sys; print(sys.argv[1:], os.environ['OMP_NUM_THREADS'], file=sys.stderr)"
    assert told(monkeypatch, program, "run", "--worker") == ["worker 1: ['run', '--worker'] 1"]


def test_what_all_workers_say_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(told(monkeypatch, "import sys; sys.stderr.write('a note\\n')", count=2)) == 1


def test_a_worker_that_is_killed_is_started_again_twice(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = (
        "import os, pathlib, sys; path = pathlib.Path(sys.argv[1]);"
        "path.write_text(path.read_text() + '.'); os.kill(os.getpid(), 9)"
    )
    (tmp_path / "starts").write_text("")
    said = told(monkeypatch, program, str(tmp_path / "starts"))
    assert (tmp_path / "starts").read_text() == "..."
    assert said == [
        "worker 1: was killed by signal 9; it is started again",
        "worker 1: was killed by signal 9",
        "worker 1 was killed by signal 9",
    ]


def test_a_worker_that_refuses_is_not_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; sys.stderr.write('bench: no such set\\n'); sys.exit(2)"
    assert told(monkeypatch, program) == [
        "worker 1: bench: no such set",
        "worker 1 ended with status 2: bench: no such set",
    ]


def test_an_interrupt_ends_the_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    program = (
        "import os, sys, time; print(os.getpid(), file=sys.stderr, flush=True); time.sleep(60)"
    )
    monkeypatch.setattr(worker_process, "PROGRAM", program)
    pids: list[int] = []

    def interrupt(at: Progress) -> None:
        pids.append(int(at.what.rpartition(" ")[2]))
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_here(command_of(), [{}], interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    (pid,) = pids
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.01)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_cores_are_divided_unless_the_user_has_said_how_many() -> None:
    assert threads_each(3, 8, {}) == "2"
    assert threads_each(3, 2, {}) == "1"
    assert threads_each(2, 8, {"OMP_NUM_THREADS": "5"}) == "5"


def test_each_gpu_has_a_worker() -> None:
    assert names_of_gpus(2, {}) == ["0", "1"]
    with pytest.raises(UserError, match="--workers cuda: no GPU is seen; give a number"):
        names_of_gpus(0, {})


def test_a_command_with_workers_prints_the_table_of_one_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["compare", "--methods", "identity,tv", "--datasets", "samples-gray"]

    def run(*options: str) -> Result:
        arguments = [*command, "--noise", "gaussian:25", *options]
        monkeypatch.setattr(sys, "argv", ["bench", *arguments])
        return CliRunner().invoke(group, arguments, catch_exceptions=False)

    out = tmp_path / "shared"
    shared = run("--out", str(out), "--workers", "2", "--verbose")
    begun = re.findall(
        r"^worker [12]: [0-9a-f]{16} begins: (.+) on samples-gray", shared.stderr, re.M
    )
    assert sorted(begun) == ["identity", "tv"]
    assert list((out / "claims").iterdir()) == []
    assert shared.stdout == run("--out", str(tmp_path / "alone")).stdout
