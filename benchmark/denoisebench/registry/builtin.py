"""The core's own offers, registered like any plugin's."""

from collections.abc import Iterable

from denoisebench.budgets import BUDGETS, Budget
from denoisebench.executors import EXECUTORS
from denoisebench.metrics import METRICS
from denoisebench.plugin.executor import Executor
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.metric import Metric
from denoisebench.plugin.tracker import Tracker
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import FLOAT
from denoisebench.trackers import TRACKERS


@hookimpl
def register_budgets() -> Iterable[Budget]:
    return BUDGETS.values()


@hookimpl
def register_protocols() -> Iterable[Protocol]:
    return [FLOAT]


@hookimpl
def register_trackers() -> Iterable[Tracker]:
    return TRACKERS


@hookimpl
def register_executors() -> Iterable[Executor]:
    return EXECUTORS


@hookimpl
def register_metrics() -> Iterable[Metric]:
    return METRICS
