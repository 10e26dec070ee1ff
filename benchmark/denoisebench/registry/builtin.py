"""What the core offers itself, registered as any plugin's is."""

from collections.abc import Iterable

from denoisebench.budgets import BUDGETS, Budget
from denoisebench.plugin.hooks import hookimpl


@hookimpl
def register_budgets() -> Iterable[Budget]:
    return BUDGETS.values()
