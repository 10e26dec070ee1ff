"""Checks that train for a few steps, with the engine of the suite, in a temporary folder."""

import contextlib
import copy
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from denoisebench.budgets import Budget
from denoisebench.conformance.check import Outcome, Rule, failed, passed
from denoisebench.conformance.loss_checks import CROPS_PX
from denoisebench.conformance.method_case import IMAGE_PX, SEED, Case, estimate, gain_of
from denoisebench.conformance.method_subject import MethodSubject, one_case
from denoisebench.denoising.denoiser import Denoiser
from denoisebench.plugin.method import Batch, Model, TrainedMethod, TrainingStep
from denoisebench.progress import Progress
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.trainer import Trainer, TrainingSettings
from denoisebench.training.weights_file import Header, halve, load_into, write_weights

FEW, KILLED_AT, SOME, MANY = 6, 3, 60, 300
"""Steps."""

JUDGED_ON, JUDGED_AT = 2, 8
"""Patches, and the last steps: a loss may look at other pixels at each."""

LEAST_GAIN_DB = 1.0

HALF_A_LEVEL = 0.5 / 255.0

SIDES = (40, 48)


def _crop_px(case: Case) -> int:
    """The smallest side of a patch that the loss takes."""
    sides = [px for px in CROPS_PX if px >= case.smallest_crop]
    for px in sides[:-1]:
        try:
            case.losses(case.network(), case.batch(1, px))
        except Exception:  # noqa: BLE001  # `crops` names it
            continue
        return px
    return sides[-1]


def _trainer(
    case: Case,
    method: TrainedMethod[Any],
    checkpoint: Path,
    steps: int,
    *,
    patches: int = 1,
    stages: tuple[float, ...] = (1.0,),
) -> Trainer:
    """The engine at the beginning of a training, as a run sets it up."""
    crop_px = _crop_px(case)

    def loss(
        network: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
    ) -> Tensor:
        return case.loss(method, network, batch, moment, rng)

    settings = TrainingSettings(
        budget=Budget("check", steps, batch=2, crop_px=crop_px),
        patches_per_step=patches,
        optimiser=Optimiser.of(method),
        seed=SEED,
        device=case.device,
        precision="fp32",
        stages=stages,
    )
    return Trainer(case.network(), loss, case.source(crop_px), settings, checkpoint)


def _silent(_: Progress) -> None:
    pass


def learns(case: Case) -> Outcome:
    """60 steps lower the loss, at the end of the first stage."""
    batch = case.batch(JUDGED_ON, _crop_px(case))

    def loss_of(network: nn.Module) -> float:
        rng, total = case.generator(1), 0.0
        for step in range(SOME - JUDGED_AT, SOME):
            moment = TrainingStep(step, SOME, JUDGED_ON)
            total += float(case.loss(case.trained, network, batch, moment, rng).mean().detach())
        return total / JUDGED_AT

    before = loss_of(case.network())
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(case, case.trained, Path(folder) / "checkpoint.pt", SOME)
        trainer.run(_silent)
    after = loss_of(trainer.network)
    if not after < before:
        text = f"{SOME} steps take the loss from {before:.4g} to {after:.4g}"
        advice = "Look at the sign of the loss, at `learning_rate`, and at what has gradients."
        return failed(text, advice, case.place("loss"), value=after - before, bound=0.0)
    return passed(after - before, 0.0)


def denoises(case: Case) -> Outcome:
    """300 steps on one picture make an estimate of it that is better than the noisy image."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = _trainer(
            case,
            case.trained,
            Path(folder) / "checkpoint.pt",
            MANY,
            patches=4,
            stages=case.trained.stages(case.config, case.task),
        )
        trainer.run(_silent)
    model = Model(case.config, case.task, trainer.average)
    denoiser = Denoiser(case.method, case.config, case.task, model)
    clean, noisy = case.clean(IMAGE_PX, IMAGE_PX), case.noisy(IMAGE_PX, IMAGE_PX)
    made = estimate(denoiser, noisy, case.level).image
    gain_db = gain_of(made, noisy, clean)
    if not gain_db >= LEAST_GAIN_DB:
        text = f"after {MANY} steps the estimate is {gain_db:.2f} dB better than the noisy image"
        advice = "Look at `denoise`: does it undo what the loss does to its input?"
        where = case.place("denoise")
        return failed(text, advice, where, value=gain_db, bound=LEAST_GAIN_DB)
    return passed(gain_db, LEAST_GAIN_DB)


def resume(case: Case) -> Outcome:
    """6 steps end with the same weights if they are interrupted after 3."""
    fresh = copy.deepcopy(case.trained)  # as another process has it

    def stop(progress: Progress) -> None:
        if progress.done == KILLED_AT:
            raise KeyboardInterrupt

    with tempfile.TemporaryDirectory() as folder:
        through = _trainer(case, case.trained, Path(folder) / "through.pt", FEW)
        through.run(_silent)
        checkpoint = Path(folder) / "checkpoint.pt"
        with contextlib.suppress(KeyboardInterrupt):
            _trainer(case, case.trained, checkpoint, FEW).run(stop)
        resumed = _trainer(case, fresh, checkpoint, FEW)
        resumed.run(_silent)
    theirs = resumed.average.state_dict()
    different = [
        k for k, v in through.average.state_dict().items() if not torch.equal(v, theirs[k])
    ]
    if different:
        text = f"a training that was interrupted ends with other weights: {different[0]} differs"
        advice = "Keep no state in the method: draw from `rng`, count with `moment`."
        return failed(text, advice, case.place("loss"))
    return passed()


def save_load(case: Case) -> Outcome:
    """Weights from a file, float32 or float16, make the estimate that was made before."""
    assert case.model is not None  # it is trained
    noisy, where = case.noisy(*SIDES), case.place("network")
    before = estimate(_with(case, case.model.network), noisy, case.level).image
    with tempfile.TemporaryDirectory() as folder:
        whole, half = Path(folder) / "whole.safetensors", Path(folder) / "half.safetensors"
        write_weights(whole, case.model.network, Header(_recipe(case), {}, {}))
        halve(whole, half)
        for path, bound in ((whole, 0.0), (half, HALF_A_LEVEL)):
            network = case.network(SEED + 1).eval().requires_grad_(False)
            load_into(path, network)
            made = estimate(_with(case, network), noisy, case.level).image
            off = float((made - before).square().mean().sqrt())
            if not off <= bound:
                kind = "float32" if path == whole else "float16"
                text = f"weights saved as {kind} and loaded make an estimate that is {off:.2g} off"
                advice = "Keep all that `denoise` needs in parameters and buffers."
                return failed(text, advice, where, value=off, bound=bound)
    return passed(off, HALF_A_LEVEL)


def _with(case: Case, network: nn.Module) -> Denoiser:
    return Denoiser(case.method, case.config, case.task, Model(case.config, case.task, network))


def _recipe(case: Case) -> TrainingRecipe:
    """A recipe for the header of a file."""
    return TrainingRecipe(
        method=case.method.name,
        config={},
        noise=str(case.task.noise),
        parameters=case.task.parameters,
        draws="fixed",
        train_set="",
        channels=case.task.channels,
        budget=Budget("", FEW, batch=2, crop_px=32),
    )


RULES: tuple[Rule[MethodSubject], ...] = (
    Rule("learns", "60 steps lower the loss.", one_case(learns), ("gradients", "loss-seeded")),
    Rule(
        "denoises",
        "300 steps on one picture gain 1 dB on it.",
        one_case(denoises),
        ("learns", "shape"),
        slow=True,
    ),
    Rule(
        "resume",
        "An interrupted training ends with the same weights.",
        one_case(resume),
        ("gradients", "loss-seeded", "pickles"),
    ),
    Rule(
        "save-load",
        "Weights in float32 and float16 make the same estimate.",
        one_case(save_load),
        ("alone",),
    ),
)
