"""Products of small matrices, which one thread computes."""

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def on_one_thread() -> AbstractContextManager[object]:
    """Linear algebra of numpy on one thread, inside the context.

    A second thread is no faster where products take a millisecond.  It waits for the next one in a
    busy loop, for a tenth of a second, and takes that time from the networks.
    """
    limits: AbstractContextManager[object] = _pools().limit(limits=1, user_api="blas")
    return limits


@cache
def _pools() -> ThreadpoolController:
    return ThreadpoolController()
