"""Linear algebra on one thread."""

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from denoisebench.noise import level_estimator
from denoisebench.noise.small_products import on_one_thread


def threads() -> set[int]:
    """Of numpy's linear algebra."""
    pools = ThreadpoolController().select(user_api="blas").info()
    return {pool["num_threads"] for pool in pools}


def test_inside_there_is_one_thread_and_afterwards_as_many_as_before() -> None:
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        with on_one_thread():
            assert threads() <= {1}
        assert threads() == before


def test_the_level_is_estimated_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[int]] = []
    directions = level_estimator._directions

    def counted(white: level_estimator.Array) -> object:
        seen.append(threads())
        return directions(white)

    monkeypatch.setattr(level_estimator, "_directions", counted)
    noisy = np.random.default_rng(0).normal(0.5, 0.1, (1, 64, 64)).astype(np.float32)
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        level_estimator.look(noisy, 0)
    assert len(seen) == 2
    assert all(found <= {1} for found in seen)
