"""The training engine: any network, any loss, on the CPU or an accelerator.

Master weights, Adam and the average of the weights are float32; the network runs under bfloat16
autocast where the hardware has it.  On the CPU a training that was interrupted and resumed ends
with the same weights, bit for bit, as one that was not.  Nothing in a step waits for the device:
steps with a non-finite gradient are skipped inside the optimiser and counted there.
"""

import copy
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from denoisebench.budgets import Budget
from denoisebench.errors import PluginError, UserError
from denoisebench.interfaces import Moment, Progress, ProgressCallback
from denoisebench.patches import Batch, BatchSource

Precision = Literal["bf16", "fp32"]
Loss = Callable[[nn.Module, Batch, Moment, torch.Generator], Tensor]

WARM_UP = 0.02  # share of the steps
CLIP = 2.0  # times the gradient's usual norm
USUAL_OVER = 50  # steps that the usual norm looks back over
EMA_SHARE = 0.01  # the average looks back over this share of the steps
MAX_SKIPS_IN_A_ROW = 20
CHECKPOINT_EVERY_S = 30.0
LOG_POINTS, HELD_OUT_POINTS = 100, 10


class TrainingDivergedError(PluginError):
    """The gradients stayed non-finite."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train, beside the network, the loss and the data."""

    budget: Budget
    patches_per_step: int
    learning_rate: float
    seed: int
    device: str
    precision: Precision


@dataclass(slots=True)
class Record:
    """What happened in a training, kept beside its weights."""

    step: int = 0
    train_s: float = 0.0
    skipped_steps: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def pick_device(asked: str) -> str:
    """`auto` is cuda, else mps, else cpu.  Raises UserError for a device that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available()}
    there["mps"] = torch.backends.mps.is_available()
    if asked == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there.get(asked, False):
        raise UserError(f"device {asked!r} is not on this machine; use --device auto")
    return asked


def pick_precision(device: str) -> Precision:
    """bf16 where the hardware multiplies it, else fp32."""
    if device == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if device == "cpu" and torch.cpu._is_avx512_bf16_supported():
        return "bf16"
    return "fp32"


def learning_rate_at(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over WARM_UP of the steps, then half a cosine down to zero."""
    warm = max(1, round(WARM_UP * steps))
    if step < warm:
        return peak * (step + 1) / warm
    return peak * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def ema_decay_at(step: int, steps: int) -> float:
    """The average's decay: a horizon of EMA_SHARE of the steps, shorter at the start."""
    horizon = min(EMA_SHARE * steps, (step + 10) / 9)
    return 1.0 - 1.0 / max(1.0, horizon)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold an interrupt (Ctrl-C) back to the end: half a step must not become a checkpoint."""
    if threading.current_thread() is not threading.main_thread():  # no other thread gets it
        yield
        return
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)
    if asked:
        raise KeyboardInterrupt


class Trainer:
    """One training: `run()` takes it from its checkpoint, or from the start, to the end."""

    def __init__(
        self,
        network: nn.Module,
        loss: Loss,
        batches: BatchSource,
        settings: Settings,
        checkpoint: Path,
        held_out: BatchSource | None = None,
    ) -> None:
        self.device = torch.device(settings.device)
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.record = Record()
        self._loss, self._batches, self._settings = loss, batches, settings
        self._checkpoint, self._held_out = checkpoint, held_out
        self._rng = torch.Generator(self.device).manual_seed(settings.seed)
        self._parameters = list(self.network.parameters())
        self._averaged = list(self.average.parameters())
        self._adam = torch.optim.Adam(self._parameters, lr=settings.learning_rate, fused=True)
        zero = torch.zeros((), device=self.device)
        # sum of losses since the last log; skips, skips in a row, the longest such row
        counts = ("loss", "skipped", "row", "longest", "usual_norm")
        self._tally = {k: zero.clone() for k in counts}
        self._since_log = 0

    def run(self, progress: ProgressCallback) -> Record:
        """Train to the end of the budget.  Raises TrainingDivergedError, and UserError for a
        checkpoint that cannot be read; when interrupted it saves one and lets go."""
        self._resume()
        record, steps = self.record, self._settings.budget.steps
        if record.step:
            progress(Progress(f"training goes on from step {record.step} of {steps}", 0, 0))
        log_every = max(1, steps // LOG_POINTS)
        started, begun_with = time.monotonic(), record.train_s
        saved = started
        try:
            while record.step < steps:
                with _uninterrupted():
                    self._step(record.step, steps)
                    record.step += 1
                now = time.monotonic()
                record.train_s = begun_with + now - started
                if record.step % log_every == 0 or record.step == steps:
                    self._log(progress)
                if now - saved > CHECKPOINT_EVERY_S:
                    self._save()
                    saved = now
        except KeyboardInterrupt:
            self._save()
            raise
        self._copy_buffers()
        record.skipped_steps = int(self._tally["skipped"])
        return record

    def _step(self, step: int, steps: int) -> None:
        settings = self._settings
        self._adam.param_groups[0]["lr"] = learning_rate_at(step, steps, settings.learning_rate)
        batch = self._batches.sample(settings.patches_per_step, self._rng)
        moment = Moment(step, steps, settings.patches_per_step)
        loss = self._loss_of(self.network, batch, moment, self._rng)
        self._adam.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        bad = self._clip()
        self._adam.found_inf = bad  # type: ignore[attr-defined]  # the fused kernel skips the step
        self._adam.step()
        weight = 1.0 - ema_decay_at(step, steps)
        torch._foreach_lerp_(self._averaged, [p.detach() for p in self._parameters], weight)
        tally = self._tally
        tally["loss"] += torch.where(bad > 0, 0.0, loss.detach())
        tally["skipped"] += bad
        tally["row"] = (tally["row"] + 1.0) * bad
        tally["longest"] = torch.maximum(tally["longest"], tally["row"])
        self._since_log += 1

    def _clip(self) -> Tensor:
        """Shorten a gradient that is much longer than usual.  Returns 1.0 if it is not finite.

        What is usual differs a thousandfold between losses, so it is measured.  Without this, Adam
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
        self, network: nn.Module, batch: Batch, moment: Moment, rng: torch.Generator
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
        if self._tally["longest"] >= MAX_SKIPS_IN_A_ROW:
            raise TrainingDivergedError(
                f"training diverged: more than {MAX_SKIPS_IN_A_ROW} steps in a row had a"
                f" non-finite gradient before step {record.step}; lower the learning rate"
            )
        loss = float(self._tally["loss"]) / self._since_log
        entry = {"step": float(record.step), "loss": loss, "train_s": record.train_s}
        points = max(1, budget.steps // HELD_OUT_POINTS)
        if self._held_out is not None and record.step % points == 0:
            entry["held_out_loss"] = self._held_out_loss(self._held_out)
        record.history.append(entry)
        self._tally["loss"] = torch.zeros_like(self._tally["loss"])
        self._since_log = 0
        skipped = int(self._tally["skipped"])
        note = f"loss {loss:.4f}" + (f", {skipped} steps skipped" if skipped else "")
        progress(Progress("training", record.step, budget.steps, note))

    def _copy_buffers(self) -> None:
        """Buffers (running statistics, say) are not averaged but taken as they are."""
        for ours, theirs in zip(self.average.buffers(), self.network.buffers(), strict=True):
            ours.copy_(theirs)

    @torch.no_grad()
    def _held_out_loss(self, held_out: BatchSource) -> float:
        """The averaged weights' loss on the same patches and draws every time."""
        self._copy_buffers()
        rng = torch.Generator(self.device).manual_seed(0)
        batch = held_out.sample(16, rng)
        steps, patches = self._settings.budget.steps, self._settings.patches_per_step
        return float(self._loss_of(self.average, batch, Moment(steps, steps, patches), rng))

    def _save(self) -> None:
        state = {
            "settings": repr(self._settings),
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "adam": self._adam.state_dict(),
            "rng": self._rng.get_state(),
            "tally": self._tally,
            "since_log": self._since_log,
            "record": asdict(self.record),
        }
        part = self._checkpoint.with_suffix(".part")
        with part.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._checkpoint)

    def _resume(self) -> None:
        if not self._checkpoint.exists():
            return
        try:
            state: dict[str, Any] = torch.load(
                self._checkpoint, map_location=self.device, weights_only=True
            )
            if state["settings"] != repr(self._settings):
                raise ValueError(f"it was made with {state['settings']}")
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self._adam.load_state_dict(state["adam"])
            self._rng.set_state(state["rng"].cpu())
            self._tally, self._since_log = state["tally"], state["since_log"]
            self.record = Record(**state["record"])
        except Exception as error:  # a damaged file may raise anything
            reason = " ".join(str(error).split())[:120]
            raise UserError(
                f"checkpoint {self._checkpoint} cannot be resumed ({reason});"
                " delete it to train from the start"
            ) from error
