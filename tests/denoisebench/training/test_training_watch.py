"""What the engine watches on held-out images, keeps of it and records; networks with dropout."""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
import torch
from ramps import Ramps, quiet, same_weights, settings, squared_error, trainer
from torch import Tensor, nn

from denoisebench.nn.unet import UNet
from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.schedule import learning_rate_at
from denoisebench.training.trainer import Record, Trainer, Watch


class Turning:
    """A loss that is least for a head of zero until half of the training, then for one of one: the
    best weights come early, as measured on patches that are the same throughout."""

    def __call__(
        self, net: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
    ) -> Tensor:
        late = net.training and moment.share > 0.5
        aim = 3.0 if late else 0.25
        return (net(batch.noisy).float() - aim).square().mean(dim=(1, 2, 3))


def turning(folder: Path, keep: Literal["last", "held-out", "oracle"], steps: int = 40) -> Trainer:
    torch.manual_seed(0)
    chosen = replace(settings(steps), keep=keep, optimiser=Optimiser(3e-2))
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


def test_an_oracle_keeps_the_weights_of_the_highest_psnr(tmp_path: Path) -> None:
    heard: list[float] = []

    def oracle(_: nn.Module) -> float:
        heard.append([20.0, 29.0, 31.5, 30.0][len(heard) % 4])
        return heard[-1]

    trainer = turning(tmp_path, "oracle")
    trainer._watch = Watch(Ramps(), oracle)
    record = trainer.run(quiet)
    figures = {int(e["step"]): e["oracle_psnr_db"] for e in record.history if "oracle_psnr_db" in e}
    assert len(figures) == len(heard) > 4
    assert record.kept_step == max(figures, key=lambda step: figures[step])
    assert record.kept_loss == -31.5
    assert not same_weights(trainer.average, turning_last(tmp_path / "last"))


def turning_last(folder: Path) -> nn.Module:
    """The weights at the end of the same training."""
    folder.mkdir()
    last = turning(folder, "last")
    last.run(quiet)
    return last.average


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


def test_a_method_has_its_own_schedule_and_beta2(tmp_path: Path) -> None:
    chosen = replace(settings(30), optimiser=Optimiser(1e-3, "ramps", 0.99))
    network = nn.Conv2d(1, 1, 1)
    run = Trainer(network, squared_error, Ramps(), chosen, tmp_path / "checkpoint.pt")
    record = run.run(quiet)
    assert [e["rate"] for e in record.history] == [
        learning_rate_at(int(e["step"]) - 1, 30, 1e-3, "ramps") for e in record.history
    ]
    before = run._adam.state[network.weight]["exp_avg_sq"].clone()
    network.weight.grad = torch.zeros_like(network.weight)
    run._adam.step()
    after = run._adam.state[network.weight]["exp_avg_sq"]
    torch.testing.assert_close(after, 0.99 * before)
