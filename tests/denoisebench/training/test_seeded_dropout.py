"""Dropout that a seed decides."""

import torch

from denoisebench.training.seeded_dropout import keyed_dropout


def drawn(seed: int, step: int) -> float:
    with keyed_dropout(torch.device("cpu"), seed, step):
        return float(torch.rand(1))


def test_the_largest_seed_decides_it_too():
    assert drawn(2**63 - 1, 7) == drawn(2**63 - 1, 7) != drawn(2**63 - 1, 8)
