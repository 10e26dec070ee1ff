"""Scores one cell: its denoiser, its images, its result."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.denoising.large_images import WithinMemory
from denoisebench.denoising.memory import memory_limit
from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.errors import PluginError, plugin_code
from denoisebench.execution import cost
from denoisebench.execution.cell_progress import CellProgress
from denoisebench.execution.context import Context
from denoisebench.execution.evaluation import evaluate
from denoisebench.execution.provenance import provenance
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.images.image_set import ImageSet, LoadedImage
from denoisebench.images.overlap import refuse_same_pixels
from denoisebench.nn.devices import pick_device, pick_precision
from denoisebench.noise.given import contradiction
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.method import Evidence
from denoisebench.registry.state import state_of
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Saver
from denoisebench.results.tracebacks import keep_traceback
from denoisebench.training.recipe import TRANSDUCTIVE, TrainingRecipe
from denoisebench.training.weights_file import read_header, refuse_changed


def score(
    cell: CellPlan,
    weights: Path | None,
    saver: Saver,
    journal: Unfinished,
    estimates: Estimates | None,
    context: Context,
) -> CellResult:
    """The result of a cell.  weights: of its denoiser, if it learns.  The rest: see `evaluate`.

    An exception of the method is the result's error.  Raises UserError for weights that do not fit
    or saw a test image, and for a file that cannot be written.
    """
    device = pick_device(context.device)
    try:
        total = len(cell.image_set.images) * cell.repeats
        progress = CellProgress(cell.what, total, context.progress)
        within = replace(context, progress=progress.within_image)
        denoise, images = prepare(cell, weights, within)
        memory = cost.PeakMemory(device)
        with freed_memory_kept():
            scores = evaluate(
                cell,
                images,
                denoise,
                device=device,
                saver=saver,
                journal=journal,
                progress=progress.images,
                estimates=estimates,
                noisy_images=context.noisy_images,
            )
        memory_mb = memory.megabytes()
        denoised = next(at for at, score in enumerate(scores) if score.is_denoised) // cell.repeats
        result = _result(cell, weights, device)
        with plugin_code(cell.noise.family.name):
            doubt = contradiction(cell.image_set.spec, images, cell.noise)
        return replace(
            result,
            provenance=result.provenance
            | ({"doubt": doubt} if doubt else {})
            | ({"tiles_px": denoise.core_px} if denoise.core_px else {}),
            scores=tuple(scores),
            network_parameters=cost.network_parameters(cell),
            gmacs_per_mpx=cost.gmacs_per_mpx(cell, images[denoised], denoise, device),
            peak_memory_mb=memory_mb,
        )
    except PluginError as failure:
        return failed(cell, weights, failure, context)


def failed(
    cell: CellPlan, weights: Path | None, failure: PluginError, context: Context
) -> CellResult:
    """The result of a cell that failed, or whose training did; keeps the traceback."""
    keep_traceback(context.out, cell.id, failure)
    result = _result(cell, weights, pick_device(context.device))
    when = {"failed_on": date.today().isoformat(), "failed_with": state_of(cell.plugins)}
    return replace(result, provenance=result.provenance | when, error=str(failure))


def prepare(
    cell: CellPlan, weights: Path | None, context: Context
) -> tuple[WithinMemory, Sequence[LoadedImage]]:
    """The denoiser of a cell's images, and the images.  Raises UserError for weights that do not
    fit or saw one of the images."""
    reader, device = context.reader, pick_device(context.device)
    if cell.given is not None:
        refuse_changed(cell.given.path, cell.given.sha256)
    if weights is not None:
        header = read_header(weights)
        if not _trained_on_it(header.recipe, cell.image_set):
            seen, tested = header.recipe.train_set_label, reader.hashes(cell.image_set)
            refuse_same_pixels(seen, header.images, cell.image_set.spec, tested)
    precision = pick_precision(device, cell.precision)
    denoiser = load_denoiser(
        cell.method, cell.config, cell.task, weights, device, precision, cell.seed
    ).telling(context.progress)
    limit_bytes = memory_limit(context.memory_gb, device)
    around = self_ensembled if cell.self_ensemble else None
    denoise = WithinMemory(denoiser, limit_bytes, context.progress, around)
    return denoise, reader.images(cell.image_set)


def _trained_on_it(recipe: TrainingRecipe, image_set: ImageSet) -> bool:
    """Whether weights were trained on the noisy images of this very set, as is allowed."""
    return recipe.train_set == TRANSDUCTIVE and recipe.train_digest == image_set.digest


def _result(cell: CellPlan, weights: Path | None, device: str) -> CellResult:
    """The part of a result that is known before anything is scored."""
    header = read_header(weights) if weights is not None else None
    outcome = header.outcome if header else {}
    has_network = cell.labels["evidence"] != Evidence.NOTHING
    return CellResult(
        cell=cell.id,
        method=cell.method_label,
        noise=str(cell.noise),
        parameters=cell.parameters,
        dataset=cell.image_set.spec,
        protocol=str(cell.protocol),
        evidence=cell.labels["evidence"],
        draws=f"assuming {cell.assumed}" if cell.assumed else cell.labels["draws"],
        seed=cell.seed,
        train_set=cell.labels["train_set"],
        budget=cell.labels["budget"],
        weights=cell.labels["weights"],
        training=cell.training.id if cell.training else "",
        train_s=outcome.get("train_s"),
        network_parameters=None,
        gmacs_per_mpx=None,
        peak_memory_mb=None,
        same_level_unit=cell.task.noise.family.shares_level(cell.noise.family),
        scores=(),
        provenance=provenance(device)
        | {
            "precision": pick_precision(device, cell.precision) if has_network else None,
            "precision_asked": cell.precision,
            "assumed": cell.assumed,
            "recipe": header.recipe.to_json() if header else None,
            "training_outcome": outcome or None,
            "weights_sha256": cell.given.sha256 if cell.given else None,
            "image_set_digest": cell.image_set.digest,
        },
    )
