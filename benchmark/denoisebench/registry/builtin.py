"""What the core offers itself, registered as any plugin's is."""

from collections.abc import Iterable

from denoisebench.budgets import BUDGETS, Budget
from denoisebench.plugin.hooks import hookimpl
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import FLOAT


@hookimpl
def register_budgets() -> Iterable[Budget]:
    return BUDGETS.values()


@hookimpl
def register_protocols() -> Iterable[Protocol]:
    return [FLOAT]
