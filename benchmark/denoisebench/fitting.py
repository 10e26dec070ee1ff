"""One training, from its plan to its weights file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from denoisebench.errors import UserError, plugin_code
from denoisebench.evidence import batch_source
from denoisebench.images import CHANNEL_WORDS, LoadedImage
from denoisebench.interfaces import Model, Moment, Progress, ProgressCallback, TrainedMethod
from denoisebench.patches import Batch, BatchSource
from denoisebench.plan import TrainingPlan
from denoisebench.provenance import provenance
from denoisebench.training import Record, Settings, Trainer, pick_precision
from denoisebench.weights import Header, write_weights


def fit(
    plan: TrainingPlan,
    images: Sequence[LoadedImage],
    held_out: Sequence[LoadedImage],
    image_hashes: Mapping[str, str],
    folder: Path,
    device: str,
    progress: ProgressCallback,
) -> None:
    """Train by `plan` on its evidence about the images; leave `weights.safetensors` and
    `history.json` in `folder`.  Raises PluginError for what the method raises."""
    method = plan.method
    assert isinstance(method, TrainedMethod)  # a method with evidence is one
    kind = CHANNEL_WORDS[plan.task.channels]
    what = f"{plan.recipe['method']} on {plan.train_set.spec} in {kind}, {plan.recipe['noise']}"
    progress(Progress(f"training {what}: {plan.budget}", 0, 0))
    with plugin_code(method.name):
        network = _fresh_network(method, plan)
        settings = Settings(
            budget=plan.budget,
            patches_per_step=_patches_per_step(plan, method.passes_per_patch(plan.config)),
            learning_rate=method.learning_rate,
            seed=plan.recipe["seed"],
            device=device,
            precision=pick_precision(device),
        )

    def source(shown: Sequence[LoadedImage]) -> BatchSource:
        return batch_source(
            shown,
            plan.evidence,
            plan.recipe["draws"],
            plan.task.noise,
            told_level=plan.task.parameters == "known",
            crop_px=plan.budget.crop_px,
            seed=plan.recipe["seed"],
            device=torch.device(device),
        )

    def loss(network: nn.Module, batch: Batch, moment: Moment, rng: torch.Generator) -> Tensor:
        return method.loss(Model(plan.config, plan.task, network), batch, moment, rng)

    checkpoint = folder / "checkpoint.pt"
    trainer = Trainer(
        network, loss, source(images), settings, checkpoint, source(held_out) if held_out else None
    )
    with plugin_code(method.name):
        record = trainer.run(progress)
    (folder / "history.json").write_text(json.dumps(record.history, indent=0) + "\n")
    header = Header(dict(plan.recipe), dict(image_hashes), _outcome(record, settings))
    write_weights(folder / "weights.safetensors", trainer.average, header)
    checkpoint.unlink(missing_ok=True)


def _patches_per_step(plan: TrainingPlan, passes: int) -> int:
    patches, rest = divmod(plan.budget.batch, passes)
    if rest or not patches:
        raise UserError(
            f"{plan.method.name} sees each patch {passes} times: --batch {plan.budget.batch} is no"
            f" multiple of that; give --batch {passes * max(1, patches)}"
        )
    return patches


def _fresh_network(method: TrainedMethod[object], plan: TrainingPlan) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.recipe["seed"])
        return method.network(plan.config, plan.task)


def _outcome(record: Record, settings: Settings) -> dict[str, object]:
    return {
        "train_s": round(record.train_s, 3),
        "skipped_steps": record.skipped_steps,
        "precision": settings.precision,
        **provenance(settings.device),
    }
