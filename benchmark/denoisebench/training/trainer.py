"""The training engine: any network, any loss, on the CPU or an accelerator.

Master weights, Adam and the average of the weights are float32; the network runs under bfloat16
autocast where the hardware has it.  On the CPU a training that was interrupted and resumed ends
with the same weights, bit for bit, as one that was not.  Nothing in a step waits for the device:
steps with a non-finite gradient are skipped inside the optimiser and counted there.
"""

import copy
import math
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
import torch
from torch import Tensor, nn

from denoisebench.budgets import Budget
from denoisebench.errors import PluginError, UserError
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.interrupts import uninterrupted
from denoisebench.nn.devices import Precision, true_float32
from denoisebench.nn.seeded_dropout import keyed_dropout
from denoisebench.plugin.method import Batch, TrainingStep
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.training.batches import BatchSource
from denoisebench.training.checkpoint import resume, write_checkpoint
from denoisebench.training.live_history import LiveHistory
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.schedule import moment_at

Loss = Callable[[nn.Module, Batch, TrainingStep, torch.Generator], Tensor]

CLIP = 2.0  # times the gradient's usual norm
USUAL_OVER = 50  # steps that the usual norm looks back over
MAX_SKIPS_IN_A_ROW = 20
RISE = 2.0  # times the loss at first: above the least one by more is a blow-up
RISE_OVER = 25  # steps at least, whose mean loss is judged
MOST_SET_BACKS = 5
CHECKPOINT_EVERY_S = 30.0
LOG_POINTS, HELD_OUT_POINTS = 100, 10
HELD_OUT_PATCHES = 64


class TrainingDivergedError(PluginError):
    """The loss rose without end, at lower rates too, or was never finite."""


class NeverFiniteError(TrainingDivergedError):
    """No step could be taken: the loss or its gradient was never finite."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How to train, beside the network, the loss and the data."""

    budget: Budget
    patches_per_step: int
    optimiser: Optimiser
    seed: int
    device: str
    precision: Precision
    keep: Literal["last", "held-out", "oracle"] = "last"
    """Which weights count: see `TrainedMethod.checkpoint`; oracle: its watch's best."""
    stages: tuple[float, ...] = (1.0,)
    """See `TrainedMethod.stages`."""

    def moment(self, step: int) -> TrainingStep:
        return moment_at(step, self.budget.steps, self.patches_per_step, self.stages)


@dataclass(frozen=True, slots=True)
class Watch:
    """Measurements on images held out of a training, now and then while it runs.

    oracle_psnr_db: of the averaged network on their clean versions, which training never uses.
    """

    held_out: BatchSource
    oracle_psnr_db: Callable[[nn.Module], float] | None = None


@dataclass(slots=True)
class Record:
    """The history of a training, kept next to its weights.

    kept_step: the step whose weights are the result; kept_loss: their loss on held-out images;
    minus their PSNR where an oracle picked them.  first_loss, least_loss: of this stage, over
    `RISE_OVER` steps or more.  set_backs: how often the loss blew up, so that the training went on
    from where it was least, at half the rate.  judged_step: when that was looked at.
    """

    step: int = 0
    train_s: float = 0.0
    skipped_steps: int = 0
    kept_step: int = 0
    kept_loss: float = math.inf
    first_loss: float = math.inf
    least_loss: float = math.inf
    set_backs: int = 0
    judged_step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """One training: `run()` takes it from its checkpoint, or from the start, to the end."""

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        batches: BatchSource,
        settings: TrainingSettings,
        checkpoint: Path,
        watch: Watch | None = None,
    ) -> None:
        self.device = torch.device(settings.device)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False).eval()
        self.record = Record()
        self._loss, self._batches, self._settings = loss, batches, settings
        self._checkpoint, self._watch = checkpoint, watch
        self.live_history = LiveHistory(checkpoint)
        self._kept: dict[str, Tensor] = {}  # the weights with the lowest kept_loss so far
        self._sound: dict[str, Any] = {}  # the state where the loss was least
        self._drops = any(isinstance(m, nn.Dropout) for m in self.network.modules())
        self._rng = torch.Generator(self.device).manual_seed(settings.seed)
        self._parameters = list(self.network.parameters())
        self._averaged = list(self.average.parameters())
        self._adam = settings.optimiser.start(self._parameters)
        zero = torch.zeros((), device=self.device)
        # sum of losses since the last log; skips, skips in a row, the longest such row
        counts = ("loss", "skipped", "row", "longest", "usual_norm")
        self._tally = {k: zero.clone() for k in counts}
        self._since_log = 0

    def run(self, progress: ProgressCallback) -> Record:
        """Train to the end of the budget; `average` then has the weights that count.

        Raises TrainingDivergedError, and UserError for a checkpoint that cannot be read; when
        interrupted it saves one and lets go.
        """
        exact = true_float32() if self._settings.precision == "fp32" else nullcontext()
        with exact, freed_memory_kept():
            return self._run(progress)

    def _run(self, progress: ProgressCallback) -> Record:
        self._resume()
        record, steps = self.record, self._settings.budget.steps
        self.live_history.begin(record.history)
        if record.step:
            progress(Progress(f"training goes on from step {record.step} of {steps}", 0, 0))
        log_every = max(1, steps // LOG_POINTS)
        started, begun_with = time.monotonic(), record.train_s
        saved = started
        try:
            while record.step < steps:
                with uninterrupted():
                    self._step(record.step)
                    record.step += 1
                now = time.monotonic()
                record.train_s = begun_with + now - started
                if record.step % log_every == 0 or record.step == steps:
                    self._log(progress)
                if now - saved > CHECKPOINT_EVERY_S:
                    self._save()
                    saved = now
        except KeyboardInterrupt as interrupt:
            try:
                self._save()
            except UserError as error:  # it is an interrupt all the same
                raise type(interrupt)(f"but from an earlier step: {error}") from None
            raise
        self._copy_buffers()
        if self._kept:
            self.average.load_state_dict(self._kept)
        else:
            record.kept_step = record.step
        return record

    def _begin_stage(self) -> None:
        """Go on from the weights that count of the stage before, with nothing else of it."""
        self._copy_buffers()
        if self._kept:
            self.average.load_state_dict(self._kept)
        self.network.load_state_dict(self.average.state_dict())
        self._adam = self._settings.optimiser.start(self._parameters)
        self._tally["usual_norm"] = torch.zeros_like(self._tally["usual_norm"])
        self._kept, self.record.kept_loss = {}, math.inf
        self._sound, self.record.first_loss, self.record.least_loss = {}, math.inf, math.inf

    def _step(self, step: int) -> None:
        settings = self._settings
        moment = settings.moment(step)
        if moment.step == 0 and moment.stage > 0:
            self._begin_stage()
        self._adam.param_groups[0]["lr"] = (
            settings.optimiser.rate_at(moment) * 0.5**self.record.set_backs
        )
        batch = self._batches.sample(step, settings.patches_per_step, self._rng)
        with keyed_dropout(self.device, settings.seed, step) if self._drops else nullcontext():
            loss = self._loss_of(self.network, batch, moment, self._rng)
        self._adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        bad = self._clip()
        self._adam.found_inf = bad  # type: ignore[attr-defined]  # the fused kernel skips the step
        self._adam.step()
        weight = settings.optimiser.average_weight_at(moment)
        torch._foreach_lerp_(self._averaged, [p.detach() for p in self._parameters], weight)
        tally = self._tally
        tally["loss"] += torch.where(bad > 0, 0.0, loss.detach())
        tally["skipped"] += bad
        tally["row"] = (tally["row"] + 1.0) * bad
        tally["longest"] = torch.maximum(tally["longest"], tally["row"])
        self._since_log += 1

    def _clip(self) -> Tensor:
        """Shorten a gradient that is much longer than usual.  Returns 1.0 if it is not finite.

        The usual size differs a thousandfold between losses, so it is measured.  Without this, Adam
        at a fast rate now and then takes a few growing steps and loses the network.
        """
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients, foreach=True)
        finite = torch.isfinite(norm)
        usual = self._tally["usual_norm"]
        usual = torch.where((usual == 0) & finite, norm, usual)  # the first step
        longest = CLIP * usual
        torch._foreach_mul_(gradients, (longest / norm).clamp(max=1.0))
        kept = torch.where(finite, torch.minimum(norm, longest), usual)
        self._tally["usual_norm"] = usual.lerp(kept, 1.0 / USUAL_OVER)
        return 1.0 - finite.float()

    def _loss_of(
        self, network: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
    ) -> Tensor:
        half = self._settings.precision == "bf16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            loss = self._loss(network, batch, moment, rng)
        if loss.shape != (len(batch.noisy),):
            raise ValueError(f"the loss must be one value a patch, (B,), not {tuple(loss.shape)}")
        return loss.mean()

    def _log(self, progress: ProgressCallback) -> None:
        """The only place that waits for the device."""
        record, budget = self.record, self._settings.budget
        skipped = int(self._tally["skipped"])
        counted = self._since_log - (skipped - record.skipped_steps)
        loss = float(self._tally["loss"]) / counted if counted else math.nan
        record.skipped_steps = skipped
        rate = self._adam.param_groups[0]["lr"]
        entry = {"step": record.step, "loss": loss, "train_s": record.train_s, "rate": rate}
        points = max(1, budget.steps // HELD_OUT_POINTS)
        if self._watch is not None and (record.step % points == 0 or record.step == budget.steps):
            entry |= self._watched(self._watch)
        record.history.append(entry)
        self.live_history.add(entry)
        self._tally["loss"] = torch.zeros_like(self._tally["loss"])
        self._since_log = 0
        note = f"loss {loss:.4f}" + (f", {skipped} steps skipped" if skipped else "")
        progress(Progress("training", record.step, budget.steps, note))
        self._keep_sound(progress)

    def _keep_sound(self, progress: ProgressCallback) -> None:
        """Keep the state where the loss is least; go back to it where the loss has blown up.

        A rate that is close to too high may lose the network at any step, the more likely the
        longer a training stays there.  Raises TrainingDivergedError where that does not help.
        """
        record = self.record
        skips = self._tally["longest"] >= MAX_SKIPS_IN_A_ROW
        if record.step - record.judged_step < RISE_OVER and not skips:
            return
        recent = [row["loss"] for row in record.history if row["step"] > record.judged_step]
        finite = [loss for loss in recent if math.isfinite(loss)]
        loss = sum(finite) / len(finite) if finite else math.nan
        record.judged_step = record.step
        scale = max(abs(record.first_loss), abs(record.least_loss))
        if not skips and not loss - record.least_loss > RISE * scale:
            if math.isinf(record.first_loss) and finite:
                record.first_loss = loss
            if loss < record.least_loss:
                record.least_loss, self._sound = loss, copy.deepcopy(self._learned())
            return
        if skips and record.skipped_steps == record.step:
            raise NeverFiniteError("the loss, or its gradient, was not finite from step 1")
        if not self._sound or record.set_backs == MOST_SET_BACKS:
            why = (
                f"more than {MAX_SKIPS_IN_A_ROW} steps in a row had a non-finite gradient"
                if skips
                else f"its loss was {loss:.4g}"
            )
            raise TrainingDivergedError(
                f"training diverged: {why} before step {record.step}; lower the learning rate"
            )
        record.set_backs += 1
        self._learn_from(self._sound)
        for key in ("row", "longest"):
            self._tally[key] = torch.zeros_like(self._tally[key])
        text = (
            f"the loss was {record.least_loss:.4g} and rose to {loss:.4g} by step {record.step}:"
            " the training goes on from where it was least, at half the rate"
        )
        progress(Progress(text, 0, 0, weight="warning"))

    def _learned(self) -> dict[str, Any]:
        """The state that the steps have changed."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "adam": self._adam.state_dict(),
            "usual_norm": self._tally["usual_norm"],
        }

    def _learn_from(self, state: Mapping[str, Any]) -> None:
        """The reverse of `_learned`, which leaves `state` as it is."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._adam.load_state_dict(copy.deepcopy(state["adam"]))
        self._tally["usual_norm"] = state["usual_norm"].clone()

    def _copy_buffers(self) -> None:
        """Buffers (running statistics, say) are not averaged but taken as they are."""
        for ours, theirs in zip(self.average.buffers(), self.network.buffers(), strict=True):
            ours.copy_(theirs)

    @torch.no_grad()
    def _watched(self, watch: Watch) -> dict[str, float]:
        """The averaged weights' loss on the same patches and draws every time, and the oracle's
        figure; keeps the weights when they are to be the best ones."""
        self._copy_buffers()
        rng = torch.Generator(self.device).manual_seed(0)
        batch = watch.held_out.sample(0, HELD_OUT_PATCHES, rng)
        moment = self._settings.moment(self.record.step - 1)
        at_its_end = replace(moment, step=moment.steps)
        loss = float(self._loss_of(self.average, batch, at_its_end, rng))
        found = {"held_out_loss": loss}
        if watch.oracle_psnr_db is not None:
            found["oracle_psnr_db"] = watch.oracle_psnr_db(self.average)
        negative_db = -found.get("oracle_psnr_db", -math.inf)
        least = {"last": math.inf, "held-out": loss, "oracle": negative_db}[self._settings.keep]
        if least < self.record.kept_loss:
            self.record.kept_loss, self.record.kept_step = least, self.record.step
            self._kept = copy.deepcopy(self.average.state_dict())
        return found

    def _save(self) -> None:
        state = {
            **self._learned(),
            "sound": self._sound,
            "kept": self._kept,
            "rng": self._rng.get_state(),
            "tally": self._tally,
            "since_log": self._since_log,
            "record": asdict(self.record),
        }
        with uninterrupted():
            write_checkpoint(self._checkpoint, self._settings_text(), state)

    def _settings_text(self) -> str:
        """The machine that a checkpoint fits: any device of its kind can continue."""
        return repr(replace(self._settings, device=self.device.type))

    def _resume(self) -> None:
        if self._checkpoint.exists():
            resume(self._checkpoint, self._settings_text(), self.device, self._take)

    def _take(self, state: Mapping[str, Any]) -> None:
        """Raises for a state that this training cannot have saved; it is then of no use."""
        record = msgspec.convert(state["record"], Record)
        if not 0 <= record.step <= self._settings.budget.steps:
            raise ValueError(f"it is at step {record.step}")
        if state["kept"]:
            self.average.load_state_dict(state["kept"])  # to see that it will do
        for learned in filter(None, (state["sound"], state)):  # the first likewise
            self._learn_from(learned)
            for parameter, moments in self._adam.state.items():
                if any(m.shape not in (parameter.shape, ()) for m in moments.values()):
                    raise ValueError("adam holds tensors of another shape")
        self._rng.set_state(state["rng"].cpu())
        tally = {key: state["tally"][key].reshape(zero.shape) for key, zero in self._tally.items()}
        self._tally, self._since_log = tally, int(state["since_log"])
        self._kept, self._sound, self.record = dict(state["kept"]), dict(state["sound"]), record
