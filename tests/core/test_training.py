"""The training engine: schedules, averages, skipped steps, and resuming bit for bit."""

import itertools
import signal
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from denoisebench.budgets import Budget, get_budget
from denoisebench.devices import Precision, pick_device
from denoisebench.errors import UserError
from denoisebench.interfaces import Moment, Progress
from denoisebench.networks import UNet
from denoisebench.patches import Batch
from denoisebench.schedule import ema_decay_at, learning_rate_at
from denoisebench.training import Record, Settings, Trainer, TrainingDivergedError, Watch


class Ramps:
    """Batches of noisy ramps; the target is the ramp."""

    def sample(self, count: int, rng: torch.Generator) -> Batch:
        ramp = torch.linspace(0, 1, 32).expand(count, 1, 32, 32)
        noisy = ramp + 0.1 * torch.randn(ramp.shape, generator=rng)
        return Batch(noisy, ramp, None)


def squared_error(net: nn.Module, batch: Batch, moment: Moment, rng: torch.Generator) -> Tensor:
    del moment, rng
    assert batch.target is not None
    return (net(batch.noisy).float() - batch.target).square().mean(dim=(1, 2, 3))


def quiet(progress: Progress) -> None:
    del progress


def settings(steps: int, precision: Precision = "fp32") -> Settings:
    return Settings(Budget("test", steps, 4, 32), 4, 1e-3, 0, "cpu", precision)


def trainer(folder: Path, steps: int, precision: Precision = "fp32") -> Trainer:
    torch.manual_seed(0)
    network = UNet(1, width=4)
    checkpoint = folder / "checkpoint.pt"
    return Trainer(
        network, squared_error, Ramps(), settings(steps, precision), checkpoint, Watch(Ramps())
    )


def same_weights(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.state_dict().values(), b.state_dict().values(), strict=True)
    return all(torch.equal(x, y) for x, y in pairs)


def test_the_rate_warms_up_then_falls_to_zero() -> None:
    rates = [learning_rate_at(step, 1000, 1.0) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / 20)
    assert rates[19] == rates[20] == 1.0
    assert rates[510] == pytest.approx(0.5)
    assert rates[-1] < 1e-5
    assert all(a >= b for a, b in itertools.pairwise(rates[20:]))


def test_the_average_forgets_the_start_and_then_looks_back_one_percent() -> None:
    assert ema_decay_at(0, 10_000) == pytest.approx(1 - 9 / 10)
    assert ema_decay_at(9_999, 10_000) == pytest.approx(1 - 1 / 100)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_training_lowers_the_loss(tmp_path: Path, precision: Precision) -> None:
    run = trainer(tmp_path, 100, precision)
    record = run.run(quiet)
    assert record.history[-1]["loss"] < 0.3 * record.history[0]["loss"]
    assert "held_out_loss" in record.history[-1]
    assert record.history[-1]["held_out_loss"] < 0.3 * record.history[0]["loss"]
    assert record.skipped_steps == 0


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("stop_at", [1, 7, 29])
def test_an_interrupted_training_ends_with_the_same_weights_bit_for_bit(
    tmp_path: Path, precision: Precision, stop_at: int
) -> None:
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole = trainer(tmp_path / "whole", 30, precision)
    whole_record = whole.run(quiet)

    calls = itertools.count(1)

    def interrupt(progress: Progress) -> None:
        del progress
        if next(calls) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(tmp_path / "broken", 30, precision).run(interrupt)
    resumed = trainer(tmp_path / "broken", 30, precision)
    record = resumed.run(quiet)
    assert record.step == 30
    assert same_weights(whole.average, resumed.average)
    assert same_weights(whole.network, resumed.network)
    losses = [[e["loss"] for e in r.history] for r in (whole_record, record)]
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
    run._held_out = None
    record = run.run(quiet)
    assert record.skipped_steps == 4
    assert all(p.isfinite().all() for p in run.average.parameters())

    before = [p.detach().clone() for p in run.network.parameters()]
    run._loss = lambda net, b, p, r: squared_error(net, b, p, r) * float("inf")
    run._step(0, 20)
    assert all(torch.equal(a, b) for a, b in zip(before, run.network.parameters(), strict=True))


def test_training_stops_when_the_gradients_stay_non_finite(tmp_path: Path) -> None:
    run = trainer(tmp_path, 100)
    run._loss = lambda net, b, p, r: squared_error(net, b, p, r) * float("nan")
    run._held_out = None
    with pytest.raises(TrainingDivergedError, match=r"non-finite gradient before step 2[0-9]"):
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


def test_budgets_take_overrides_and_refuse_what_the_networks_cannot_do() -> None:
    assert get_budget("quick").megapixels == pytest.approx(131, abs=1)
    assert str(get_budget("quick", steps=5)) == "custom (5 steps of 16×64²)"
    assert get_budget("quick", steps=2000).name == "quick"
    with pytest.raises(UserError, match="multiple of 32"):
        get_budget("quick", crop_px=50)
    with pytest.raises(UserError, match="did you mean 'quick'"):
        get_budget("quik")


def test_a_device_that_is_not_there_is_refused() -> None:
    if not torch.cuda.is_available():
        with pytest.raises(UserError, match="--device auto"):
            pick_device("cuda")
    assert pick_device("cpu") == "cpu"


def test_a_gradient_much_longer_than_usual_is_shortened(tmp_path: Path) -> None:
    run = trainer(tmp_path, 100)
    run._held_out = None
    for step in range(10):
        run._step(step, 100)
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


class Turning:
    """A loss that is least for a head of zero until half of the training, then for one of one: the
    best weights come early, as measured on patches that are the same throughout."""

    def __call__(
        self, net: nn.Module, batch: Batch, moment: Moment, rng: torch.Generator
    ) -> Tensor:
        del rng
        late = net.training and moment.share > 0.5
        aim = 3.0 if late else 0.25
        return (net(batch.noisy).float() - aim).square().mean(dim=(1, 2, 3))


def turning(folder: Path, keep: Literal["last", "held-out"], steps: int = 40) -> Trainer:
    torch.manual_seed(0)
    chosen = replace(settings(steps), keep=keep, learning_rate=3e-2)
    network = UNet(1, width=4)
    return Trainer(network, Turning(), Ramps(), chosen, folder / "checkpoint.pt", Watch(Ramps()))


def held_out_losses(record: Record) -> dict[int, float]:
    return {int(e["step"]): e["held_out_loss"] for e in record.history if "held_out_loss" in e}


def test_the_weights_with_the_lowest_held_out_loss_are_kept_where_asked(tmp_path: Path) -> None:
    last = turning(tmp_path, "last")
    record = last.run(quiet)
    assert record.kept_step == 40
    (tmp_path / "checkpoint.pt").unlink(missing_ok=True)
    best = turning(tmp_path, "held-out")
    record = best.run(quiet)
    losses = held_out_losses(record)
    assert record.kept_step == min(losses, key=lambda step: losses[step])
    assert record.kept_step < 40
    assert record.kept_loss == min(losses.values()) < 0.5 * losses[40]
    assert not same_weights(last.average, best.average)
    assert same_weights(last.network, best.network)


def test_the_kept_weights_survive_an_interruption(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    whole = turning(tmp_path / "whole", "held-out")
    whole.run(quiet)
    calls = itertools.count(1)

    def interrupt(progress: Progress) -> None:
        del progress
        if next(calls) == 35:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turning(tmp_path, "held-out").run(interrupt)
    resumed = turning(tmp_path, "held-out")
    assert resumed.run(quiet).kept_step == whole.record.kept_step < 35
    assert same_weights(whole.average, resumed.average)


def test_what_the_oracle_says_is_recorded_and_changes_nothing(tmp_path: Path) -> None:
    plain = trainer(tmp_path, 20)
    plain.run(quiet)
    (tmp_path / "checkpoint.pt").unlink(missing_ok=True)
    torch.manual_seed(0)
    seen: list[nn.Module] = []

    def oracle(network: nn.Module) -> float:
        seen.append(network)
        torch.rand(3)  # whatever it draws
        return float(len(seen))

    watched = Trainer(
        UNet(1, width=4),
        squared_error,
        Ramps(),
        settings(20),
        tmp_path / "checkpoint.pt",
        Watch(Ramps(), oracle),
    )
    record = watched.run(quiet)
    assert [e["oracle_psnr_db"] for e in record.history if "oracle_psnr_db" in e] == [
        float(n) for n in range(1, 11)
    ]
    assert all(network is watched.average for network in seen)
    assert same_weights(plain.average, watched.average)


def test_the_rate_of_each_step_is_recorded(tmp_path: Path) -> None:
    record = trainer(tmp_path, 20).run(quiet)
    rates = [learning_rate_at(int(e["step"]) - 1, 20, 1e-3) for e in record.history]
    assert [e["rate"] for e in record.history] == rates


class Dropping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.net, self.drop = UNet(1, width=4), nn.Dropout(0.5)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(self.drop(x))
        return out


def test_a_network_with_dropout_is_resumed_bit_for_bit_whatever_torch_drew(tmp_path: Path) -> None:
    def dropping(folder: Path) -> Trainer:
        folder.mkdir(exist_ok=True)
        torch.manual_seed(0)
        network = Dropping()
        torch.manual_seed(len(folder.name))  # what happened before in this process
        path = folder / "checkpoint.pt"
        return Trainer(network, squared_error, Ramps(), settings(20), path, Watch(Ramps()))

    whole = dropping(tmp_path / "whole")
    whole.run(quiet)
    calls = itertools.count(1)

    def interrupt(progress: Progress) -> None:
        del progress
        if next(calls) == 9:
            raise KeyboardInterrupt

    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        dropping(tmp_path / "broken").run(interrupt)
    torch.set_rng_state(state)
    resumed = dropping(tmp_path / "broken")
    before = torch.get_rng_state()
    resumed.run(quiet)
    assert torch.equal(torch.get_rng_state(), before)
    assert same_weights(whole.average, resumed.average)
