"""The mean over copies of an image with white noise added."""

import pytest
import torch
from torch import Tensor

from denoisebench.denoising.added_noise import COPIES, with_added_noise
from denoisebench.plugin.method import Denoised

IMAGE = torch.full((1, 1, 64, 64), 0.5)


def test_each_copy_has_other_noise_of_the_deviation_that_is_asked_for() -> None:
    seen: list[Tensor] = []

    def keep(noisy: Tensor, level: float | None) -> Tensor:
        assert level == 10.0
        seen.append(noisy - IMAGE)
        return noisy

    made = with_added_noise(keep, 0.1)(IMAGE, 10.0)
    assert isinstance(made, Denoised)
    assert len(seen) == COPIES
    joined = torch.stack(seen).flatten(1)
    assert joined.std(1).tolist() == pytest.approx([0.1] * COPIES, rel=0.05)
    correlation = torch.corrcoef(joined) - torch.eye(COPIES)
    assert correlation.abs().max() < 0.1
    assert torch.allclose(made.image - IMAGE, torch.stack(seen).mean(0), atol=1e-6)


def test_what_the_first_copy_tells_is_kept() -> None:
    counted = iter(range(COPIES))

    def tell(noisy: Tensor, _: float | None) -> Denoised:
        return Denoised(noisy, float(next(counted)), steps=3)

    made = with_added_noise(tell, 0.1)(IMAGE, None)
    assert isinstance(made, Denoised)
    assert (made.level, made.steps) == (0.0, 3 * COPIES)
