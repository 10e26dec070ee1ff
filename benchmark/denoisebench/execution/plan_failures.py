"""The results of cells that could not be planned."""

from datetime import date
from pathlib import Path

from denoisebench.planning.plan import Plan, PlanFailure
from denoisebench.results.records import CellResult
from denoisebench.results.tracebacks import keep_traceback


def plan_failures(plan: Plan, out: Path) -> list[CellResult]:
    """A result with the error of each cell that could not be planned; keeps the tracebacks.

    They are not stored: each plan tries anew.
    """
    return [_result(failure, out) for failure in plan.failed]


def _result(failure: PlanFailure, out: Path) -> CellResult:
    keep_traceback(out, failure.id, failure.error)
    unknown = ("evidence", "draws", "train_set", "budget", "weights", "training")
    return CellResult(
        cell=failure.id,
        method=failure.method,
        noise=failure.noise,
        parameters=failure.parameters,
        dataset=failure.dataset,
        protocol=failure.protocol,
        seed=failure.seed,
        **dict.fromkeys(unknown, ""),
        train_s=None,
        network_parameters=None,
        gmacs_per_mpx=None,
        peak_memory_mb=None,
        same_level_unit=False,
        scores=(),
        provenance={"failed_on": date.today().isoformat()},
        error=str(failure.error),
    )
