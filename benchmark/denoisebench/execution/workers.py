"""A crew of workers, set to the work of a runner, and the part of a worker in that."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.execution.runner import Runner
from denoisebench.files import hidden_part, told_of_writing
from denoisebench.planning.plan import Plan
from denoisebench.plugin.executor import PLAN_VARIABLE, UNITS_VARIABLE, Crew, WorkerCommand

LOOK_S = 1.0
"""The shortest time between two reports of progress."""
_OURS = "DENOISEBENCH_"
"""The prefix of variables that are passed to other machines."""


def run_workers(runner: Runner, crew: Crew | None, arguments: Sequence[str]) -> Runner:
    """Have workers that run `bench` with these arguments do what is missing.

    Returns the runner for what is left.  Raises UserError if something is left and workers failed:
    what they could not do, this process is not to do in their place.
    """
    missing = runner.missing() if crew is not None else ()
    units = len(missing)
    if crew is None or not missing:
        return runner
    from denoisebench.execution.parcels import parcels_of
    from denoisebench.execution.survey import begin

    out, progress = runner.context.out, runner.context.progress
    parcels = parcels_of(runner.plan, missing, out)
    done = replace(runner, options=replace(runner.options, retry="none"))
    ours = {key: value for key, value in os.environ.items() if key.startswith(_OURS)}
    tell = begin(runner.plan, missing, out, progress)
    with _marked(out) as mark, _again_and_again(mark.touch, tell):
        command = WorkerCommand(
            (*arguments, "--worker"), Path.cwd(), mark, runner.plan.id, ours, parcels
        )
        try:
            with plugin_code("--workers"):
                failures = crew.run(command, units, progress)
        except PluginError as error:
            raise UserError(str(error)) from error
    left = len(done.missing())
    if failures and left:
        more = f", and {len(failures) - 1} more failed" if len(failures) > 1 else ""
        raise UserError(
            f"{left} of {units} units of work are left, which the same command goes on with;"
            f" {failures[0]}{more}"
        )
    return done


def units_of_worker() -> frozenset[str] | None:
    """The ids of the units that this worker is to do, and no others; None for all."""
    units = os.environ.get(UNITS_VARIABLE)
    return None if units is None else frozenset(units.split(","))


def refuse_other_plan(plan: Plan) -> None:
    """Raise UserError in a worker whose plan is not that of the command that started it."""
    if os.environ.get(PLAN_VARIABLE, plan.id) != plan.id:
        raise UserError(
            "this worker plans other work than the command that started it: the code or the images"
            " of their machines differ; give both the same"
        )


@contextmanager
def _again_and_again(*calls: Callable[[], None]) -> Iterator[None]:
    """Call functions in a separate thread while the block runs."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(LOOK_S):
            for call in calls:
                with suppress(OSError):  # no one listens, or the drive is away
                    call()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _marked(out: Path) -> Iterator[Path]:
    """A file of a new name in a folder, while the block runs; what killed processes left goes."""
    path = hidden_part(out.absolute() / "workers")
    with told_of_writing(path):
        path.touch()
    try:
        yield path
    finally:
        with suppress(OSError):  # the drive is away
            path.unlink()
