"""The training engine: schedules, averages, skipped steps, and resuming bit for bit."""

import itertools
import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from ramps import quiet, same_weights, squared_error, trainer
from torch import Tensor, nn

from denoisebench.budgets import get_budget
from denoisebench.cli.shared.option_types import Device
from denoisebench.errors import UserError
from denoisebench.nn.devices import Precision, kind_of, pick_device
from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.checkpoint import write_checkpoint
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.schedule import ema_decay_at, learning_rate_at
from denoisebench.training.trainer import Trainer, TrainingDivergedError


def test_the_rate_warms_up_then_falls_to_zero() -> None:
    rates = [learning_rate_at(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 20)
    assert rates[19] == rates[20] == 1.0
    assert rates[510] == pytest.approx(0.5)
    assert rates[-1] < 1e-5
    assert all(a >= b for a, b in itertools.pairwise(rates[20:]))


def test_the_average_forgets_the_start_and_then_looks_back_one_percent() -> None:
    assert ema_decay_at(0, 10_000, 0.01) == pytest.approx(1 - 9 / 10)
    assert ema_decay_at(9_999, 10_000, 0.01) == pytest.approx(1 - 1 / 100)


def is_slow(precision: Precision) -> bool:
    """Whether processors without the arithmetic imitate it."""
    return precision == "bf16"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_lowers_the_loss(tmp_path: Path, precision: Precision) -> None:
    small = is_slow(precision)
    run = trainer(tmp_path, 300 if small else 100, precision, small=small)
    record = run.run(quiet)
    assert record.history[-1]["loss"] < 0.3 * record.history[0]["loss"]
    assert "held_out_loss" in record.history[-1]
    assert record.history[-1]["held_out_loss"] < 0.3 * record.history[0]["loss"]
    assert record.skipped_steps == 0


def test_an_average_over_no_steps_is_the_last_weights(tmp_path: Path) -> None:
    run = trainer(tmp_path, 200, small=True)
    run._settings = replace(run._settings, optimiser=Optimiser(1e-3, average_share=0.0))
    run.run(quiet)
    assert same_weights(run.average, run.network)
    (tmp_path / "checkpoint.pt").unlink(missing_ok=True)
    averaged = trainer(tmp_path, 200, small=True)
    averaged._settings = replace(averaged._settings, optimiser=Optimiser(1e-3, average_share=0.05))
    averaged.run(quiet)
    assert same_weights(averaged.network, run.network)
    assert not same_weights(averaged.average, run.network)


@pytest.fixture(scope="module", params=["fp32", "bf16"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trainer:
    """A training of 30 steps that nobody interrupted."""
    small = is_slow(request.param)
    run = trainer(tmp_path_factory.mktemp("whole"), 30, request.param, small=small)
    run.run(quiet)
    return run


@pytest.mark.parametrize("stop_at", [1, 7, 29])
def test_an_interrupted_training_ends_with_the_same_weights_bit_for_bit(
    tmp_path: Path, whole: Trainer, stop_at: int
) -> None:
    precision = whole._settings.precision
    small = is_slow(precision)
    calls = itertools.count(1)

    def interrupt(progress: Progress) -> None:
        del progress
        if next(calls) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path, 30, precision, small=small).run(interrupt)
    resumed = trainer(tmp_path, 30, precision, small=small)
    record = resumed.run(quiet)
    assert record.step == 30
    assert same_weights(whole.average, resumed.average)
    assert same_weights(whole.network, resumed.network)
    losses = [[e["loss"] for e in r.history] for r in (whole.record, record)]
    assert losses[0] == losses[1]


def test_an_interrupt_within_a_step_waits_for_its_end(tmp_path: Path) -> None:
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole = trainer(tmp_path / "whole", 20)
    whole.run(quiet)
    calls = itertools.count()

    def interrupted(net: nn.Module, batch: Batch, p: float, rng: torch.Generator) -> Tensor:
        if next(calls) == 7:
            signal.raise_signal(signal.SIGINT)
        return squared_error(net, batch, p, rng)

    broken = trainer(tmp_path / "broken", 20)
    broken._loss, broken._watch = interrupted, None
    with pytest.raises(KeyboardInterrupt):
        broken.run(quiet)
    assert broken.record.step == 8
    resumed = trainer(tmp_path / "broken", 20)
    resumed.run(quiet)
    assert same_weights(whole.average, resumed.average)


def test_a_step_with_a_non_finite_gradient_changes_nothing_and_is_counted(tmp_path: Path) -> None:
    calls = itertools.count()

    def sometimes_nan(net: nn.Module, batch: Batch, p: float, rng: torch.Generator) -> Tensor:
        loss = squared_error(net, batch, p, rng)
        return loss * float("nan") if next(calls) % 5 == 4 else loss

    run = trainer(tmp_path, 20)
    run._loss = sometimes_nan
    run._watch = None
    record = run.run(quiet)
    assert record.skipped_steps == 4
    assert all(p.isfinite().all() for p in run.average.parameters())

    before = [p.detach().clone() for p in run.network.parameters()]
    run._loss = lambda net, b, p, r: squared_error(net, b, p, r) * float("inf")
    run._step(0)
    assert all(torch.equal(a, b) for a, b in zip(before, run.network.parameters(), strict=True))


def test_training_stops_when_the_gradients_stay_non_finite(tmp_path: Path) -> None:
    run = trainer(tmp_path, 100)
    run._loss = lambda net, b, p, r: squared_error(net, b, p, r) * float("nan")
    run._watch = None
    with pytest.raises(
        TrainingDivergedError, match="the loss, or its gradient, was not finite from step 1"
    ):
        run.run(quiet)


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_a_corrupt_checkpoint_is_one_line_that_says_what_to_do(
    tmp_path: Path, damage: bytes
) -> None:
    run = trainer(tmp_path, 10)
    (tmp_path / "checkpoint.pt").write_bytes(damage)
    with pytest.raises(UserError, match=r"checkpoint\.pt cannot be resumed.*delete it") as caught:
        run.run(quiet)
    assert "\n" not in str(caught.value)


def test_a_checkpoint_of_another_budget_is_refused(tmp_path: Path) -> None:
    trainer(tmp_path, 10)._save()
    with pytest.raises(UserError, match="cannot be resumed"):
        trainer(tmp_path, 20).run(quiet)


def test_a_checkpoint_of_another_precision_is_refused_with_both_named(tmp_path: Path) -> None:
    trainer(tmp_path, 10, "bf16")._save()
    with pytest.raises(UserError, match=r"made with precision='bf16', not precision='fp32'\); del"):
        trainer(tmp_path, 10, "fp32").run(quiet)


def test_budgets_take_overrides_and_refuse_what_the_networks_cannot_do() -> None:
    assert get_budget("quick").megapixels == pytest.approx(131, abs=1)
    assert str(get_budget("quick", steps=5)) == "custom (5 steps of 8×64²)"
    assert get_budget("quick", steps=4000).name == "quick"
    with pytest.raises(UserError, match="multiple of 32"):
        get_budget("quick", crop_px=50)
    with pytest.raises(UserError, match="did you mean 'quick'"):
        get_budget("quik")


def test_a_budget_without_a_name_is_labelled_by_its_length() -> None:
    assert get_budget("quick").label == "quick"
    assert get_budget("quick", steps=8000).label == "262 Mpx"
    assert get_budget("quick", steps=5).label == "0.16 Mpx"


def test_a_device_that_is_not_there_is_refused() -> None:
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="device 'cuda' is not on this machine, which has"):
            pick_device("cuda")
    assert pick_device("cpu") == "cpu"


def test_a_gpu_is_chosen_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert [pick_device(asked) for asked in ("auto", "cuda:1")] == ["cuda", "cuda:1"]
    assert kind_of("cuda:1") == "cuda"
    known = "which has cuda, cpu, cuda:0, cuda:1"
    with pytest.raises(UserError, match=f"device 'cuda:2' is not on this machine, {known}"):
        pick_device("cuda:2")


@pytest.mark.parametrize("word", ["gpu", "cuda:", "cuda:-1", "cuda:01", "cuda:1,2", "CUDA"])
def test_a_device_that_is_none_is_refused_by_the_option(word: str) -> None:
    with pytest.raises(UserError, match=f"--device {word}: give auto, cpu, mps, cuda or"):
        Device().convert(word, None, None)


def test_a_gradient_much_longer_than_usual_is_shortened(tmp_path: Path) -> None:
    run = trainer(tmp_path, 100)
    run._watch = None
    for step in range(10):
        run._step(step)
    usual = float(run._tally["usual_norm"])
    for parameter in run.network.parameters():
        parameter.grad = torch.randn_like(parameter) * 1e6
    assert float(run._clip()) == 0.0
    gradients = [p.grad for p in run.network.parameters() if p.grad is not None]
    assert float(nn.utils.get_total_norm(gradients)) == pytest.approx(2.0 * usual, rel=1e-4)
    assert usual < float(run._tally["usual_norm"]) <= 1.021 * usual

    before = float(run._tally["usual_norm"])
    for gradient in gradients:
        gradient.fill_(float("nan"))
    assert float(run._clip()) == 1.0
    assert float(run._tally["usual_norm"]) == before


def test_one_wild_batch_does_not_lose_the_network(tmp_path: Path) -> None:
    calls = itertools.count()

    def wild_once(net: nn.Module, batch: Batch, p: float, rng: torch.Generator) -> Tensor:
        return squared_error(net, batch, p, rng) * (1e9 if next(calls) == 60 else 1.0)

    run = trainer(tmp_path, 100)
    run._loss, run._held_out = wild_once, None
    history = run.run(quiet).history
    assert history[-1]["loss"] < 0.3 * history[0]["loss"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a training of 30 steps after the first."""
    folder = tmp_path_factory.mktemp("saved")
    run = trainer(folder, 30)
    run._step(0)
    run.record.step = 1
    run._save()
    return folder / "checkpoint.pt"


def test_a_checkpoint_with_a_flipped_bit_is_refused(tmp_path: Path, saved: Path) -> None:
    path, data = tmp_path / "checkpoint.pt", bytearray(saved.read_bytes())
    state = torch.load(saved, weights_only=True)
    for tensor in (*state["average"].values(), state["rng"], state["tally"]["usual_norm"]):
        place = data.index(bytes(tensor.untyped_storage()))
        data[place] ^= 1
        path.write_bytes(data)
        with pytest.raises(UserError, match=r"not those that were written.*delete it"):
            trainer(tmp_path, 30).run(quiet)
        data[place] ^= 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kept": {"nothing": 1}},
        {"kept": 7},
        {"since_log": "three"},
        {"since_log": None},
        {"tally": {}},
        {"tally": {"loss": 1.0}},
        {"rng": torch.zeros(3)},
        {"adam": {}},
        {"network": {}},
        {"average": None},
        {"record": {"step": -1}},
        {"record": {"step": 31}},
        {"record": {"step": "5"}},
        {"record": {"history": 5}},
        {"record": {"history": [{"step": "five"}]}},
        {"record": {"train_s": None}},
    ],
    ids=str,
)
def test_a_checkpoint_with_a_wrong_field_is_refused_and_the_file_named(
    tmp_path: Path, saved: Path, wrong: dict[str, Any]
) -> None:
    state = torch.load(saved, weights_only=True)
    write_checkpoint(tmp_path / "checkpoint.pt", state.pop("settings"), state | wrong)
    with pytest.raises(UserError, match=r"checkpoint\.pt cannot be resumed.*delete it") as caught:
        trainer(tmp_path, 30).run(quiet)
    assert "\n" not in str(caught.value)


def test_a_training_whose_loss_blows_up_goes_back_and_halves_its_rate(tmp_path: Path) -> None:
    run, said = trainer(tmp_path, 200, small=True), list[str]()
    run._watch = None
    before = run._loss
    lost: list[Tensor] = []

    def loss(net: nn.Module, b: Batch, p: TrainingStep, r: torch.Generator) -> Tensor:
        if run.record.step == 110 and not lost:
            lost.append(torch.zeros(()))
            with torch.no_grad():
                for parameter in net.parameters():
                    parameter.mul_(30.0)
        return before(net, b, p, r)

    run._loss = loss
    record = run.run(lambda progress: said.append(progress.what))
    (text,) = (line for line in said if line.startswith("the loss was "))
    assert text.endswith(
        "by step 130: the training goes on from where it was least, at half the rate"
    )
    assert record.set_backs == 1
    rates = {int(e["step"]): e["rate"] for e in record.history}
    full = run._settings.optimiser.rate_at
    assert rates[130] == full(run._settings.moment(129))
    assert rates[132] == 0.5 * full(run._settings.moment(131))
    assert record.history[-1]["loss"] < 0.3 * record.history[0]["loss"]


def test_a_training_that_was_set_back_resumes_bit_for_bit(tmp_path: Path) -> None:
    def blow_up(run: Trainer) -> Trainer:
        run._watch, before = None, run._loss

        def loss(net: nn.Module, b: Batch, p: TrainingStep, r: torch.Generator) -> Tensor:
            raised = 60 <= run.record.step < 75  # a part that no step can lower
            return before(net, b, p, r) + (100.0 if raised else 0.0)

        run._loss = loss
        return run

    whole = blow_up(trainer(tmp_path, 150, small=True))
    assert whole.run(quiet).set_backs == 1
    (tmp_path / "checkpoint.pt").unlink(missing_ok=True)
    for step in (62, 90):  # before the loss is judged, and after
        run = blow_up(trainer(tmp_path, 150, small=True))

        def stop(_: Progress, run: Trainer = run, step: int = step) -> None:
            if run.record.step == step:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run.run(stop)
    last = blow_up(trainer(tmp_path, 150, small=True))
    assert last.run(quiet).set_backs == 1
    assert same_weights(last.average, whole.average)


def test_a_training_that_blows_up_at_every_rate_is_given_up(tmp_path: Path) -> None:
    run = trainer(tmp_path, 400, small=True)
    run._watch, before = None, run._loss
    run._loss = lambda net, b, p, r: before(net, b, p, r) + (100.0 if run.record.step > 50 else 0.0)
    with pytest.raises(
        TrainingDivergedError, match=r"^training diverged: its loss was 100\.\d bef"
    ):
        run.run(quiet)
    assert run.record.set_backs == 5


def test_what_is_recorded_can_be_read_while_the_training_runs(tmp_path: Path) -> None:
    live = tmp_path / "history.jsonl"

    def steps() -> list[int]:
        return [json.loads(line)["step"] for line in live.read_text().splitlines()]

    def stop(at: Progress) -> None:
        if at.done == 30:
            assert steps() == list(range(1, 31))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path, 60, small=True).run(stop)
    live.write_text(
        live.read_text() + json.dumps({"step": 31, "loss": 0.1})
    )  # after the checkpoint
    record = trainer(tmp_path, 60, small=True).run(quiet)
    assert steps() == list(range(1, 61))
    assert [json.loads(line) for line in live.read_text().splitlines()] == record.history
