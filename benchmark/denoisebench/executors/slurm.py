"""Workers as jobs of SLURM, through submitit.  https://github.com/facebookincubator/submitit"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from denoisebench.errors import UserError
from denoisebench.executors.settings import Count, require
from denoisebench.plugin.executor import ENDS_WITHIN_S, Crew, WorkerCommand
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.specs import Between, Spec, build_config

FOLDER = "slurm"
"""In the folder of results: what submitit writes, and what the workers say."""
LOOK_S = 1.0
_TIME = re.compile(r"([0-9]{1,4})([mhd])")
_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


@dataclass(frozen=True, slots=True)
class SlurmCrew(Crew):
    """The jobs.  threads, gpus, memory (GB; 0 for the cluster's default), time: of each.

    local: processes of this machine in place of jobs.  Raises ValueError for a time that is none.
    """

    partition: str = ""
    account: str = ""
    workers: Count = 4
    threads: Count = 2
    gpus: Annotated[int, Between(0, 64)] = 0
    memory: Annotated[int, Between(0, 100_000)] = 0
    time: str = "4h"
    local: bool = False

    def __post_init__(self) -> None:
        if self._minutes() == 0:
            raise ValueError(f"time: {self.time!r} is no time; give 30m, 4h or 2d, say")

    def run(self, command: WorkerCommand, units: int, progress: ProgressCallback) -> Sequence[str]:
        import submitit

        folder = command.mark.parent / FOLDER
        try:
            executor = submitit.AutoExecutor(folder, cluster="local" if self.local else "slurm")
        except RuntimeError as error:
            raise UserError(f"--workers slurm: {' '.join(str(error).split())}") from None
        executor.update_parameters(**self._parameters())
        jobs: list[Any] = []
        try:
            with executor.batch():
                for number in range(1, min(self.workers, units) + 1):
                    jobs.append(executor.submit(_Work(command, number, self.threads)))
        except submitit.core.utils.FailedJobError as error:
            raise UserError(f"--workers slurm: {' '.join(str(error).split())}") from None
        ids = ", ".join(job.job_id for job in jobs)
        progress(Progress(f"jobs {ids}; what they say is in {folder}", 0, 0))
        return _failures(jobs)

    def _minutes(self) -> int:
        found = _TIME.fullmatch(self.time)
        return int(found[1]) * _MINUTES[found[2]] if found else 0

    def _parameters(self) -> dict[str, Any]:
        """As submitit names them."""
        asked = {
            "mem_gb": self.memory,
            "gpus_per_node": self.gpus,
            "slurm_partition": self.partition,
            "slurm_account": self.account,
        }
        given = {key: value for key, value in asked.items() if value}
        minutes = self._minutes()
        return {"name": "bench", "timeout_min": minutes, "cpus_per_task": self.threads, **given}


def slurm_crew(spec: Spec) -> SlurmCrew:
    """Raises UserError as `Executor.crew` does."""
    crew = build_config(SlurmCrew, spec)
    require("submitit", spec.name)
    return crew


class _Work:
    """The work of a job."""

    def __init__(self, command: WorkerCommand, number: int, threads: int) -> None:
        self._command, self._number, self._threads = command, number, threads

    def __call__(self) -> str:
        failure = self._command.run(environment={"OMP_NUM_THREADS": str(self._threads)})
        return f"worker {self._number} {failure}" if failure else ""

    def checkpoint(self) -> Any:
        """submitit asks for it when time is up or another job goes before: go on in a new job."""
        import submitit

        return submitit.helpers.DelayedSubmission(self)


def _failures(jobs: Sequence[Any]) -> list[str]:
    """Wait for jobs.  Returns how they failed."""
    try:
        while not all(job.done() for job in jobs):
            time.sleep(LOOK_S)
        return [failure for failure in map(_failure, jobs) if failure]
    except BaseException:
        for job in jobs:
            job.cancel(check=False)
        until = time.monotonic() + ENDS_WITHIN_S
        while time.monotonic() < until and not all(job.done(force_check=True) for job in jobs):
            time.sleep(LOOK_S)
        raise


def _failure(job: Any) -> str:
    error = job.exception()
    if error is None:
        return str(job.result())
    lines = [line.strip() for line in str(error).splitlines() if line.strip(" -")]
    return f"job {job.job_id} failed ({lines[-1] if lines else type(error).__name__})"
