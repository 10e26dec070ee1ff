"""Trainings in stages: each begins with the averaged weights of the one before, and resumes."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from ramps import Ramps, quiet, same_weights, settings
from torch import Tensor, nn

from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.schedule import moment_at
from denoisebench.training.trainer import Trainer

STAGES = (0.5, 0.25, 0.25)
STEPS = 24  # 12, 6 and 6


def test_steps_are_counted_within_their_stage() -> None:
    moments = [moment_at(step, 10, 4, STAGES) for step in range(10)]
    assert [(m.stage, m.step, m.steps) for m in moments] == [
        *((0, step, 5) for step in range(5)),
        *((1, step, 3) for step in range(3)),
        *((2, step, 2) for step in range(2)),
    ]
    assert moments[6].share == pytest.approx(1 / 3)
    assert moments[6].patches == 8


def test_a_stage_too_short_for_a_step_is_passed_over() -> None:
    assert [moment_at(step, 2, 1, (0.5, 0.01, 0.49)).stage for step in range(2)] == [0, 2]


class TwoNumbers(nn.Module):
    """One number that the first stage learns, and one that the others learn."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.later = nn.Parameter(torch.ones(())), nn.Parameter(torch.ones(()))


Seen = list[tuple[int, float, float]]


def training(folder: Path, stages: tuple[float, ...], steps: int, seen: Seen) -> Trainer:
    """A training of `TwoNumbers`; notes stage and both numbers at each step."""
    folder.mkdir(exist_ok=True)

    def loss(net: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator) -> Tensor:
        assert isinstance(net, TwoNumbers)
        if net.training:
            seen.append((moment.stage, net.first.item(), net.later.item()))
        number = net.first if moment.stage == 0 else net.later
        noise = torch.randn(4, generator=rng, device=rng.device)
        return (number - noise).square() + 0.0 * batch.noisy.mean()

    with_stages = replace(settings(steps), stages=stages, optimiser=Optimiser(0.05))
    return Trainer(TwoNumbers(), loss, Ramps(), with_stages, folder / "checkpoint.pt", None)


def test_a_stage_begins_with_the_average_of_the_one_before_and_trains_its_own(
    tmp_path: Path,
) -> None:
    alone = training(tmp_path / "alone", (1.0,), 400, [])
    alone.run(quiet)
    seen: Seen = []
    training(tmp_path / "whole", STAGES, 800, seen).run(quiet)
    averaged = alone.average.get_parameter("first").item()
    assert averaged != alone.network.get_parameter("first").item()
    assert {first for stage, first, _ in seen if stage > 0} == {averaged}
    assert {later for stage, _, later in seen if stage == 0} == {1.0}
    assert len({later for stage, _, later in seen if stage > 0}) == 400


@pytest.mark.parametrize("stop_at", [11, 12, 13, 19])
def test_a_training_in_stages_resumes_bit_for_bit(tmp_path: Path, stop_at: int) -> None:
    whole = training(tmp_path / "whole", STAGES, STEPS, [])
    whole.run(quiet)
    calls = itertools.count(1)

    def interrupt(progress: Progress) -> None:
        del progress
        if next(calls) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training(tmp_path, STAGES, STEPS, []).run(interrupt)
    resumed = training(tmp_path, STAGES, STEPS, [])
    assert resumed.run(quiet).step == STEPS
    assert same_weights(whole.average, resumed.average)
    assert same_weights(whole.network, resumed.network)


def test_the_rate_goes_up_and_down_in_each_stage(tmp_path: Path) -> None:
    run = training(tmp_path, (0.5, 0.5), 100, [])
    rates = [entry["rate"] for entry in run.run(quiet).history]
    assert rates[:50] == rates[50:]
    assert rates[0] == max(rates[:50])
    assert rates[49] < 0.01 * rates[0]
