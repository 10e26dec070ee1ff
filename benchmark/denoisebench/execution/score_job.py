"""Scores one cell: each image made noisy (or given so), denoised, scored, saved if asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from denoisebench.denoising.denoiser import ROUNDING, Made, denoise_checked, load_denoiser
from denoisebench.denoising.self_ensemble import Denoise, self_ensembled
from denoisebench.errors import PluginError, plugin_code
from denoisebench.execution import cost
from denoisebench.execution.context import Context
from denoisebench.execution.provenance import provenance
from denoisebench.images.image_set import ImageSet, LoadedImage
from denoisebench.images.overlap import refuse_same_pixels
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.nn.devices import pick_device, pick_precision
from denoisebench.noise.given import noisy_of
from denoisebench.noise.level_knowledge import STRIDE
from denoisebench.planning.plan import CellPlan, train_set_label
from denoisebench.planning.request import TRANSDUCTIVE
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.saved_images import Finding, Saver, Shown
from denoisebench.scoring.metrics import psnr_db
from denoisebench.scoring.protocol import padded_to_square
from denoisebench.training.weights_file import read_header


def score(
    cell: CellPlan,
    weights: Path | None,
    saver: Saver,
    journal: Unfinished,
    estimates: Estimates | None,
    context: Context,
) -> CellResult:
    """The result of a cell.  weights: of its denoiser, if it learns.  The rest: see `evaluate`.

    What the method raises is the result's error.  Raises UserError for weights that do not fit or
    saw a test image, and for a file that cannot be written.
    """
    device = pick_device(context.device)
    try:
        denoise, images = prepare(cell, weights, context)
        memory = cost.PeakMemory(device)
        scores = evaluate(
            cell,
            images,
            denoise,
            device=device,
            saver=saver,
            journal=journal,
            progress=context.progress,
            estimates=estimates,
        )
        memory_mb = memory.megabytes()
        return replace(
            _result(cell, weights, device),
            scores=tuple(scores),
            network_parameters=cost.network_parameters(cell),
            gmacs_per_mpx=cost.gmacs_per_mpx(cell, images[0], denoise, device),
            peak_memory_mb=memory_mb,
        )
    except PluginError as failure:
        return replace(_result(cell, weights, device), error=str(failure))


def failed(cell: CellPlan, error: str, context: Context) -> CellResult:
    """The result of a cell whose training failed."""
    return replace(_result(cell, None, pick_device(context.device)), error=error)


def prepare(
    cell: CellPlan, weights: Path | None, context: Context
) -> tuple[Denoise, Sequence[LoadedImage]]:
    """What denoises a cell's images, and the images.  Raises UserError for weights that do not fit
    or saw one of the images."""
    reader, device = context.reader, pick_device(context.device)
    if weights is not None:
        header = read_header(weights)
        if not _trained_on_it(header.recipe, cell.image_set):
            seen, tested = train_set_label(header.recipe), reader.hashes(cell.image_set)
            refuse_same_pixels(seen, header.images, cell.image_set.spec, tested)
    precision = pick_precision(device, cell.precision)
    denoise = load_denoiser(cell.method, cell.config, cell.task, weights, device, precision)
    if cell.self_ensemble:
        denoise = self_ensembled(denoise)
    return denoise, reader.images(cell.image_set)


def _trained_on_it(recipe: Mapping[str, Any], image_set: ImageSet) -> bool:
    """Whether weights were trained on the noisy images of this very set, as is allowed."""
    return recipe["train_set"] == TRANSDUCTIVE and recipe.get("train_digest") == image_set.digest


def _result(cell: CellPlan, weights: Path | None, device: str) -> CellResult:
    """What a result says of a cell before anything is scored."""
    header = read_header(weights) if weights is not None else None
    outcome = header.outcome if header else {}
    learns = cell.training is not None or cell.given is not None
    return CellResult(
        cell=cell.id,
        method=cell.method_label,
        noise=str(cell.noise),
        parameters=cell.parameters,
        dataset=cell.image_set.spec,
        protocol=str(cell.protocol),
        evidence=cell.labels["evidence"],
        draws=cell.labels["draws"],
        seed=cell.seed,
        train_set=cell.labels["train_set"],
        budget=cell.labels["budget"],
        weights=cell.labels["weights"],
        training=cell.training.id if cell.training else "",
        train_s=outcome.get("train_s"),
        network_parameters=None,
        gmacs_per_mpx=None,
        peak_memory_mb=None,
        scores=(),
        provenance=provenance(device)
        | {
            "precision": pick_precision(device, cell.precision) if learns else None,
            "precision_asked": cell.precision,
            "recipe": dict(header.recipe) if header else None,
            "training_outcome": outcome or None,
            "weights_sha256": cell.given.sha256 if cell.given else None,
            "image_set_digest": cell.image_set.digest,
        },
    )


def evaluate(
    cell: CellPlan,
    images: Sequence[LoadedImage],
    denoise: Denoise,
    *,
    device: str,
    saver: Saver,
    journal: Unfinished,
    progress: ProgressCallback,
    estimates: Estimates | None = None,
) -> list[ImageScore]:
    """Score every image, as often as the protocol says.  saver: takes the first repeat of each.
    journal: has the scores of an earlier, interrupted run, and takes those of this one.
    estimates: takes what is scored.

    Raises PluginError for what the method or the noise does wrong, UserError when a file to be
    saved cannot be written.
    """
    what = f"{cell.method_label} on {cell.image_set.spec}, {cell.noise}"
    repeats = cell.repeats
    square_px = cell.protocol.square_px(image.clean for image in images)
    scores: list[ImageScore] = []
    done = journal.read()
    for image in images:
        for repeat in range(repeats):
            score = done.get((image.id, repeat))
            if score is None or (estimates and not estimates.path(image.id, repeat).exists()):
                score, finding = _scored(cell, image, square_px, repeat, denoise, device)
                if estimates is not None:
                    estimates.keep(finding.denoised, image.id, repeat)
                journal.add(score)
                if repeat == 0:
                    saver.save(finding)
            scores.append(score)
            progress(Progress(what, len(scores), len(images) * repeats))
    saver.finish()
    return scores


def _scored(
    cell: CellPlan,
    image: LoadedImage,
    square_px: int | None,
    repeat: int,
    denoise: Denoise,
    device: str,
) -> tuple[ImageScore, Finding]:
    """One repeat of one image: its score, and what there is to save."""
    with plugin_code(cell.noise.family.name):
        noisy, level = _noisy(cell, image, square_px, repeat)
    clean = image.clean
    inside = (slice(None), slice(clean.shape[1]), slice(clean.shape[2]))  # what was not padded

    def run(told: float | None) -> Made:
        return denoise_checked(cell.method.name, denoise, noisy, told, device)

    def quality_db(estimate: Pixels) -> float:
        x, y, white = cell.protocol.compared(estimate[inside], clean)
        return psnr_db(x, y, data_range=white)

    told = cell.told(level)
    made = run(*told) if len(told) == 1 else _best_of(told, run, quality_db)
    result = cell.protocol.score(made.image[inside], clean)
    score = ImageScore(
        image=image.id,
        repeat=repeat,
        psnr_db=result.psnr_db,
        ssim=result.ssim,
        noisy_psnr_db=psnr_db(noisy[inside], clean, data_range=1.0),
        level=level,
        level_estimate=made.level,
        denoise_s=made.seconds,
        megapixels=noisy[0].size / 1e6,
        noisy_sha256=pixel_hash(noisy),
    )
    finding = Finding(
        image=image.id,
        clean=clean,
        noisy=noisy[inside],
        denoised=made.image[inside],
        outputs={name: Shown(o.pixels[inside], o.white) for name, o in made.outputs.items()},
        level=level,
        level_estimate=made.level,
    )
    return score, finding


def _noisy(
    cell: CellPlan, image: LoadedImage, square_px: int | None, repeat: int
) -> tuple[Pixels, float | None]:
    """The noisy image that is denoised, with what the protocol does to it, and its level."""
    if image.noisy is not None:
        noisy, level = noisy_of(image, cell.noise, cell.seed)
        return cell.protocol.shown(noisy), level
    clean = image.clean if square_px is None else padded_to_square(image.clean, square_px)
    draw = repeat + 1 if repeat else 0  # 1 is what training sees as the second copy of a pair
    noise_by = cell.protocol.noise_by
    noisy, level = cell.noise.noisy(clean, seed=cell.seed, draw=draw, by=noise_by)
    return cell.protocol.shown(noisy), level


def _best_of(
    levels: Sequence[float | None],
    run: Callable[[float | None], "Made"],
    quality_db: Callable[[Pixels], float],
) -> "Made":
    """What an oracle takes: of what `run` makes at each level that of the highest quality.

    Searched from coarse to fine: one level of each `STRIDE`, then the best one's neighbours up to
    the next of these.  seconds: of all that were tried.  level: the one that was picked; None where
    the level changes nothing, which what is made at the first and the last of the coarse tells.
    """
    coarse = range(STRIDE // 2, len(levels), STRIDE)
    ends = {at: run(levels[at]) for at in (coarse[0], coarse[-1])}
    first, last = ends.values()
    if np.abs(first.image - last.image).max() <= ROUNDING:
        return first._replace(level=None)
    places, tried = coarse, set[int]()
    best, best_at, best_db, seconds = first, coarse[0], -math.inf, 0.0
    for _ in ("coarse", "fine"):
        for at in (place for place in places if place not in tried):
            made = ends[at] if at in ends else run(levels[at])
            tried.add(at)
            seconds += made.seconds
            made_db = quality_db(made.image)
            if made_db > best_db:
                best, best_at, best_db = made, at, made_db
        places = range(max(0, best_at - STRIDE + 1), min(len(levels), best_at + STRIDE))
    return best._replace(level=levels[best_at], seconds=seconds)
