"""What a tracker costs of a training, in CPU time of all threads: `make bench`.

    python -m pytest benches/test_bench_training.py benches/test_bench_trackers.py --benchmark-only

says beneath the table how much of a quick training that is.
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture
from watched import request

from denoisebench.budgets import get_budget
from denoisebench.execution.tracking import Tracking
from denoisebench.planning.plan import TrainingPlan
from denoisebench.planning.planner import make_plan
from denoisebench.progress import Progress
from denoisebench.registry.loader import load
from denoisebench.training.trainer import HELD_OUT_POINTS, LOG_POINTS


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainingPlan:
    monkeypatch.chdir(tmp_path)
    asked = replace(request(tmp_path), methods=("noise2score",), budget=get_budget("quick"))
    return make_plan(asked, load([])).trainings[0]


@pytest.mark.benchmark(group="what a training tells a tracker", timer=time.process_time)
@pytest.mark.parametrize("tracker", ["csv", "tensorboard"])
def test_tracker(
    benchmark: BenchmarkFixture, tmp_path: Path, training: TrainingPlan, tracker: str
) -> None:
    """All that a whole training tells, with the pictures, until it is written."""
    if tracker == "tensorboard":
        pytest.importorskip("tensorboard")
    asked = load([]).tracker(tracker), str(tmp_path / "told")
    panel = np.random.default_rng(0).random((1, 128, 256), dtype=np.float32)
    steps, said = training.budget.steps, list[Progress]()

    def tell() -> None:
        with (
            Tracking([asked], tmp_path, said.append) as tracking,
            tracking.training(training) as tracked,
        ):
            tracked.begin([])
            for number in range(1, LOG_POINTS + 1):
                at = {"step": number * steps // LOG_POINTS, "train_s": float(number)}
                if number % (LOG_POINTS // HELD_OUT_POINTS) == 0:
                    tracked.show(panel)
                    at |= {"held_out_loss": 0.1, "oracle_psnr_db": 30.0}
                tracked.add({**at, "loss": 0.1, "rate": 1e-3})

    benchmark.pedantic(tell, rounds=5, warmup_rounds=1)
    assert not said  # it was not off
