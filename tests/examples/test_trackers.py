"""The plugins for Weights & Biases and MLflow call these packages as they say.

Neither is installed: a module of the same name keeps the calls.
"""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pandas as pd
import pytest

from denoisebench.errors import UserError
from denoisebench.plugin import RunInfo, Tracker
from denoisebench.registry.loader import load

FOLDER = Path(__file__).parents[2] / "examples" / "trackers"
RECIPE = {"method": "noise2noise", "budget.steps": 20}
RUN = RunInfo(name="run-1", id="1a", recipe=RECIPE, out=Path("results"), resumed_at=0)
ROWS = pd.DataFrame(
    {"dataset": "set12", "noise": "gaussian:25", "cell": "c", "psnr_db": [30.0, 32.0]}
)


@pytest.fixture(params=["wandb", "mlflow"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def tracker_of(name: str) -> Tracker:
    return load([str(FOLDER / f"{name}_tracker.py")]).tracker(name)


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    fake = MagicMock(__spec__=ModuleSpec(name, None))
    monkeypatch.setitem(sys.modules, name, fake)
    return fake


def follow(tracker: Tracker, setting: str) -> None:
    """A training of which two steps and an image are told, and a cell of it."""
    tracker.check(setting)
    tracker.start(RunInfo(name=RUN.name, id=RUN.id, recipe=RECIPE, out=RUN.out, setting=setting))
    for step in (10, 20):
        tracker.scalars(step, {"train/loss": 0.1 * step})
    tracker.image(20, "held_out", np.full((1, 2, 3), 2.0, np.float32), "noisy, denoised")
    tracker.results(ROWS)
    tracker.end("done")


@pytest.mark.parametrize("name", ["wandb"], indirect=True)
def test_a_run_of_wandb_goes_on_by_its_id(package: Any, name: str) -> None:
    run = package.init.return_value
    run.summary = {}
    follow(tracker_of(name), "mine")
    package.init.assert_called_once_with(
        project="mine", dir="results", id="1a", name="run-1", config=RECIPE, resume="allow"
    )
    assert [call.kwargs["step"] for call in run.log.call_args_list] == [10, 20, 20]
    assert run.log.call_args_list[0].args == ({"train/loss": 1.0},)
    (picture,) = package.Image.call_args.args
    assert (picture.shape, picture.max()) == ((2, 3, 1), 1.0)
    assert run.summary == {"test/psnr_db/set12/gaussian:25": 31.0}
    run.finish.assert_called_once_with(exit_code=0)


@pytest.mark.parametrize("name", ["mlflow"], indirect=True)
@pytest.mark.parametrize("known", [None, "m7"])
def test_a_run_of_mlflow_goes_on_by_its_name(package: Any, name: str, known: str | None) -> None:
    found = [SimpleNamespace(info=SimpleNamespace(run_id=known))] if known else []
    package.search_runs.return_value = found
    follow(tracker_of(name), "file:mlruns")
    package.set_tracking_uri.assert_called_once_with("file:mlruns")
    package.start_run.assert_called_once_with(run_id=known, run_name="run-1")
    package.log_params.assert_called_once_with(RECIPE)
    package.log_metrics.assert_called_with({"train/loss": 2.0}, step=20)
    package.log_metric.assert_called_once_with("test/psnr_db/set12-gaussian_25", 31.0)
    package.end_run.assert_called_once_with(status="FINISHED")


def test_a_package_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=f"--track {name} needs the package {name}: pip install"):
        tracker_of(name).check("")
