"""One training, from its images to its weights file."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.trained_model import set_precision
from denoisebench.errors import (
    PluginError,
    UserError,
    WrongAnswerError,
    place_of_function,
    plugin_code,
)
from denoisebench.execution.provenance import provenance
from denoisebench.execution.tracking import TrackedTraining
from denoisebench.files import write_whole
from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.nn.devices import Precision, pick_precision
from denoisebench.noise.draws import Draws
from denoisebench.noise.given import noisy_of
from denoisebench.planning.answers import stages_of
from denoisebench.planning.plan import TrainingPlan
from denoisebench.plugin.method import Batch, Denoised, Evidence, Model, TrainedMethod, TrainingStep
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.results.strict_json import json_text, stored
from denoisebench.training.batches import BatchSource, batch_source
from denoisebench.training.not_shown import shown_as
from denoisebench.training.optimiser import Optimiser
from denoisebench.training.splits import HELD_OUT_EVERY, TrainingImages
from denoisebench.training.trainer import NeverFiniteError, Record, Trainer, TrainingSettings, Watch
from denoisebench.training.weights_file import (
    Header,
    load_into,
    not_finite,
    refuse_changed,
    write_weights,
)

ORACLE_IMAGES, ORACLE_PX = 8, 320
"""The oracle looks at some images nearly whole: a network can be sound on patches as large as those
it learned from, and fail where a region is flat over more than that."""


def fit(
    plan: TrainingPlan,
    shown: TrainingImages,
    held_out: TrainingImages,
    image_hashes: Mapping[str, str],
    checkpoint: Path,
    device: str,
    progress: ProgressCallback,
    tracked: TrackedTraining,
) -> None:
    """Train by `plan` on its evidence about what is shown; leave `weights.safetensors` and
    `history.json` beside `checkpoint`, which then goes.

    Raises PluginError for what the method raises.
    """
    method = plan.method
    assert isinstance(method, TrainedMethod)  # a method with evidence is one
    progress(Progress(f"training {plan.what}: {plan.budget}", 0, 0))
    with plugin_code(method.name):
        network = _fresh_network(method, plan)
        if plan.start is not None:
            refuse_changed(plan.start.path, plan.start.sha256)
            load_into(plan.start.path, network)
        settings = TrainingSettings(
            budget=plan.budget,
            patches_per_step=plan.patches_per_step,
            optimiser=Optimiser.of(method),
            seed=plan.seed,
            device=device,
            precision="fp32" if method.float32 else pick_precision(device, plan.precision),
            keep="oracle" if plan.oracle_checkpoint else method.checkpoint,
            stages=stages_of(method, plan.config, plan.task),
        )

    def source(images: TrainingImages) -> BatchSource:
        return batch_source(
            images,
            plan.evidence,
            cast(Draws, plan.recipe.draws),
            plan.task,
            crop_px=plan.budget.crop_px,
            seed=plan.seed,
            device=torch.device(device),
        )

    def loss(
        network: nn.Module, batch: Batch, moment: TrainingStep, rng: torch.Generator
    ) -> Tensor:
        shown = shown_as(batch, plan.evidence)
        losses = method.loss(Model(plan.config, plan.task, network), shown, moment, rng)
        if not isinstance(losses, Tensor) or losses.shape != (len(batch.noisy),):
            is_tensor = isinstance(losses, Tensor)
            said = f"the shape {tuple(losses.shape)}" if is_tensor else type(losses).__name__
            advice = f"return a value for each patch, ({len(batch.noisy)},): a mean over (1, 2, 3)"
            raise WrongAnswerError(method, "loss", said, advice)
        return losses

    watch = None
    if held_out.noisy:
        oracle = _oracle(plan, held_out.noisy, device, settings.precision, tracked.show)
        watch = Watch(source(held_out), oracle)
    if plan.oracle_checkpoint and (watch is None or watch.oracle_psnr_db is None):
        raise UserError(
            f"--oracle-checkpoint: {plan.train_set.spec} has no clean images to hold out; give a"
            f" training set of {HELD_OUT_EVERY} images or more, with clean ones"
        )
    trainer = Trainer(network, loss, source(shown), settings, checkpoint, watch)
    trainer.live_history.follow(tracked)
    with plugin_code(method.name):
        record = _trained(trainer, method, progress)
    for name in not_finite(trainer.average.state_dict()):
        raise PluginError(f"{method.name} was trained to numbers that are not finite, in {name}")
    history = json_text(stored(record.history), indent=0)
    write_whole(checkpoint.with_name("history.json"), history.encode())
    header = Header(plan.recipe, dict(image_hashes), _outcome(record, settings))
    write_weights(checkpoint.with_name("weights.safetensors"), trainer.average, header)
    trainer.live_history.end()
    checkpoint.unlink(missing_ok=True)


def _trained(trainer: Trainer, method: TrainedMethod[Any], progress: ProgressCallback) -> Record:
    """The record of a training; where no step could be taken, the loss is named by its line."""
    try:
        return trainer.run(progress)
    except NeverFiniteError as error:
        where = place_of_function(method, "loss")
        raise PluginError(f"{method.name}: {error}{where}: guard divisions and roots") from error


def _oracle(
    plan: TrainingPlan,
    held_out: Sequence[LoadedImage],
    device: str,
    precision: Precision,
    show: Callable[[Pixels], None],
) -> Callable[[nn.Module], float] | None:
    """Tells a network's PSNR on held-out images, for the record alone: nothing depends on it.

    precision: of its parts that may have less than float32.  show: takes the first one, noisy and
    denoised side by side.  None when a method takes the second images of given pairs for noisy
    ones: there is no clean one.
    """
    if plan.evidence is Evidence.NOISY_PAIRS and plan.train_set.noisy_is_given:
        return None
    method, told = plan.method, plan.task.parameters == "known"
    assert isinstance(method, TrainedMethod)
    shown = []
    for image in held_out[:ORACLE_IMAGES]:
        noisy, level = noisy_of(image, plan.task.noise, plan.seed)
        clean_part, noisy_part = (
            _middle(torch.from_numpy(pixels)[None]).to(device) for pixels in (image.clean, noisy)
        )
        shown.append((clean_part, noisy_part, level if told else None))

    def psnr_db(network: nn.Module) -> float:
        network, total = copy.deepcopy(network), 0.0
        set_precision(method, network, precision, device)
        model = Model(plan.config, plan.task, network)
        denoise = Denoiser(method, plan.config, plan.task, model)
        for number, (clean, noisy, level) in enumerate(shown):
            denoised = denoise(noisy, level)
            image = denoised.image if isinstance(denoised, Denoised) else denoised
            image = image.float().clamp(0.0, 1.0)
            if number == 0:
                show(torch.cat([noisy.float(), image], dim=-1)[0].cpu().numpy())
            error = (image - clean).square().mean()
            total -= 10.0 * math.log10(max(float(error), 1e-12))
        return total / len(shown)

    return psnr_db


def _middle(image: Tensor) -> Tensor:
    """The middle of an image (1, C, H, W), at most ORACLE_PX wide and high."""
    top, left = (max(0, (side - ORACLE_PX) // 2) for side in image.shape[-2:])
    return image[..., top : top + ORACLE_PX, left : left + ORACLE_PX]


def _fresh_network(method: TrainedMethod[object], plan: TrainingPlan) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        return method.network(plan.config, plan.task)


def _outcome(record: Record, settings: TrainingSettings) -> dict[str, object]:
    return {
        "train_s": round(record.train_s, 3),
        "skipped_steps": record.skipped_steps,
        "kept_step": record.kept_step,
        "set_backs": record.set_backs,
        "precision": settings.precision,
        **provenance(settings.device),
    }
