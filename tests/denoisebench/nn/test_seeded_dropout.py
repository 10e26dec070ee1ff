"""Dropout that a seed decides."""

import itertools

import pytest
import torch

from denoisebench.nn.seeded_dropout import dropout_seed, keyed_dropout


def drawn(seed: int, step: int) -> float:
    with keyed_dropout(torch.device("cpu"), seed, step):
        return float(torch.rand(1))


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_the_seed_and_the_step_decide_what_is_dropped(seed):
    before = torch.random.get_rng_state()
    assert drawn(seed, 7) == drawn(seed, 7) != drawn(seed, 8)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_no_two_seeds_drop_the_same():
    seeds = [0, 1, 2, 1000, 2**31, 2**32 - 1]
    assert len({drawn(seed, 7) for seed in seeds}) == len(seeds)
    starts = sorted(dropout_seed(seed, 0) for seed in range(1000))
    apart = [b - a for a, b in itertools.pairwise([*starts, starts[0] + 2**32])]
    assert min(apart) > 1_000_000  # steps, more than a training has
