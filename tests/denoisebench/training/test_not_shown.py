"""A loss that uses what its evidence does not show is told so."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from denoisebench.plugin.method import Batch, Evidence
from denoisebench.training.not_shown import NotShownError, shown_as

PATCHES = torch.ones(2, 1, 4, 4)
NOISY = shown_as(Batch(PATCHES, None, None), Evidence.NOISY)


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.shape,
        lambda x: x.float(),
        lambda x: x[:1],
        lambda x: len(x),
        lambda x: 2.0 * x,
        lambda x: PATCHES - x,
        lambda x: mse_loss(PATCHES, x),
        lambda x: mse_loss(input=PATCHES, target=x),
        lambda x: torch.cat([PATCHES, x]),
        lambda x: bool(x),
    ],
)
def test_any_use_of_what_is_not_shown_raises(use: Callable[[Tensor], object]) -> None:
    said = "^NOISY shows no clean image and no second noisy copy: there is no batch.target$"
    with pytest.raises(NotShownError, match=said):
        use(NOISY.target)


@pytest.mark.parametrize(
    ("evidence", "batch", "field", "said"),
    [
        (Evidence.NOISY, Batch(PATCHES, None, None), "clean", "NOISY shows no clean image: there"),
        (
            Evidence.NOISY_PAIRS,
            Batch(PATCHES, PATCHES, None),
            "clean",
            "NOISY_PAIRS shows no clean",
        ),
        (Evidence.UNPAIRED, Batch(PATCHES, None, None, PATCHES), "target", "UNPAIRED shows no cle"),
        (Evidence.CLEAN, Batch(PATCHES, PATCHES, None), "clean", "CLEAN shows no clean image of "),
    ],
)
def test_each_evidence_says_what_it_does_not_show(
    evidence: Evidence, batch: Batch, field: str, said: str
) -> None:
    shown = shown_as(batch, evidence)
    with pytest.raises(NotShownError, match=said):
        getattr(shown, field).mean()
    assert all(
        getattr(shown, name) is getattr(batch, name)
        for name in ("noisy", "target", "level", "clean")
        if getattr(batch, name) is not None
    )


def test_a_batch_with_something_not_shown_can_be_printed_and_changed() -> None:
    assert "<not shown: NOISY shows no clean image" in repr(NOISY)
    assert replace(NOISY, noisy=PATCHES / 2).noisy.unique().tolist() == [0.5]
    assert NOISY.level is None
