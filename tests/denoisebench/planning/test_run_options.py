"""Options that no run can have."""

import pytest

from denoisebench.budgets import BUDGETS
from denoisebench.errors import UserError
from denoisebench.planning.run_options import RunOptions


@pytest.mark.parametrize("seed", [-1, 2**32, 10**100])
def test_a_seed_that_torch_does_not_take_is_refused_with_the_range(seed):
    with pytest.raises(UserError, match=rf"--seeds: {seed} is not in 0\.\.4294967295"):
        RunOptions(seeds=(0, seed)).request(["tv"], BUDGETS)


def test_the_largest_seed_is_taken():
    assert RunOptions(seeds=(2**32 - 1,)).request(["tv"], BUDGETS).seeds == (2**32 - 1,)
