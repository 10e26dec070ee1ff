"""Methods scored on noisy images alone, to rank them without clean images.

If a set does have clean images, each estimate's PSNR is shown next to its scores, so that one
sees how far the ranking can be trusted.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from denoisebench.errors import PluginError, UserError, plugin_code
from denoisebench.execution.context import Context
from denoisebench.execution.runner import weights_of
from denoisebench.execution.train_job import train
from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.noise.level_reading import LevelUnknownError, naming_image
from denoisebench.noise.stream import Stream
from denoisebench.noise.whiteness import whiteness
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.plan import CellPlan, Plan
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.ranking.records import (
    RANK_VERSION,
    ImageRank,
    RankedMethod,
    rank_path,
    read_ranked,
    write_ranked,
)
from denoisebench.ranking.scores import (
    LEAST_SIDE_PX,
    masked_error,
    sparse_mask,
    sure,
)
from denoisebench.results.saved_images import DenoisedImage, Kind, Saver
from denoisebench.results.tracebacks import keep_traceback

if TYPE_CHECKING:
    from denoisebench.denoising.denoiser import DenoiserOutput
    from denoisebench.denoising.self_ensemble import Denoise


class Failure(NamedTuple):
    """A method that raised, what, and the file that has the traceback."""

    method: str
    dataset: str
    error: str
    traceback: Path


def rank_cells(
    plan: Plan, context: Context, save: tuple[Kind, ...] = ()
) -> tuple[list[RankedMethod], list[Failure]]:
    """Score what a plan denoises, without clean images.  Computes what is not stored.

    save: what is kept of the images besides.  A method that raises is left out.  Raises UserError
    for an image below `LEAST_SIDE_PX`.
    """
    ranked = []
    failures = [
        Failure(f.method, f.dataset, str(f.error), keep_traceback(context.out, f.id, f.error))
        for f in plan.failed
    ]
    for cell in plan.cells:
        path, saver = rank_path(context.out, cell), Saver(cell, context.out, save)
        if not path.exists() or saver.missing(_left_out(path)):
            try:
                write_ranked(path, _ranked(cell, plan, context, saver))
            except PluginError as error:
                where = keep_traceback(context.out, cell.id, error)
                failures.append(Failure(cell.method_spec, cell.image_set.spec, str(error), where))
                continue
        ranked.append(read_ranked(path))
    return ranked, failures


def _left_out(path: Path) -> set[tuple[str, int]]:
    """The images that a stored ranking has no files of."""
    return {(image.image, 0) for image in read_ranked(path).images if not image.is_denoised}


def _ranked(cell: CellPlan, plan: Plan, context: Context, saver: Saver) -> RankedMethod:
    from denoisebench.execution.score_job import prepare
    from denoisebench.nn.devices import pick_device

    if cell.training is not None:
        train(cell.training, plan.tested_with[cell.training.id], context)
    weights, device = weights_of(cell, context.out), pick_device(context.device)
    in_float32 = replace(cell, precision="fp32")  # small differences of estimates count
    denoise, images = prepare(in_float32, weights, context)
    scores = _scores(cell, images, denoise, device, saver, context.progress)
    saver.finish()
    return RankedMethod(
        dataset=cell.image_set.spec,
        noise=str(cell.noise),
        parameters=cell.parameters,
        method=cell.method_spec,
        weights=cell.labels["weights"],
        train_set=cell.labels["train_set"],
        images=scores,
    )


def _scores(
    cell: CellPlan,
    images: Sequence[LoadedImage],
    denoise: "Denoise",
    device: str,
    saver: Saver,
    progress: ProgressCallback,
) -> tuple[ImageRank, ...]:
    """The scores of each image; NaN if an image does not give the level that the method needs.

    Raises LevelUnknownError where none does.
    """
    from denoisebench.denoising.denoiser import denoise_checked
    from denoisebench.noise.given import noisy_of

    what = f"{cell.method_spec} on {cell.image_set.spec}, {cell.noise}"
    scores: list[ImageRank] = []
    untold: list[LevelUnknownError] = []
    for done, image in enumerate(images, start=1):
        with plugin_code(cell.noise.family.name):
            noisy, level = noisy_of(image, cell.noise, cell.seed)
        given_level = level if cell.parameters == "known" else None

        def run(pixels: Pixels, given_level: float | None = given_level) -> "DenoiserOutput":
            return denoise_checked(cell.method.name, denoise, pixels, given_level, device)

        try:
            with naming_image(image.id):
                scores.append(_score(cell, image, noisy, given_level, run, saver))
        except LevelUnknownError as error:
            untold.append(error)
            scores.append(ImageRank(image.id, *[math.nan] * 5))
        progress(Progress(what, done, len(images)))
    if untold and len(untold) == len(scores):
        raise untold[0]
    return tuple(scores)


def _score(
    cell: CellPlan,
    image: LoadedImage,
    noisy: Pixels,
    given_level: float | None,
    run: Callable[[Pixels], "DenoiserOutput"],
    saver: Saver,
) -> ImageRank:
    """One image, denoised three times: as it is, which is saved, with pixels masked, and nudged."""
    height, width = noisy.shape[1:]
    if min(height, width) < LEAST_SIDE_PX:
        raise UserError(
            f"{image.id} is {width}×{height} pixels; to rank, sides of {LEAST_SIDE_PX} are needed"
        )
    mask_stream, probe_stream = (
        Stream(RANK_VERSION, part, pixel_hash(noisy), str(cell.seed)) for part in ("mask", "probe")
    )
    made = run(noisy)
    denoised = made.image
    saver.save(
        DenoisedImage(
            image=image.id,
            clean=image.clean if cell.image_set.has_reference else None,
            noisy=noisy,
            denoised=denoised,
            outputs=made.outputs,
            level=given_level,
            level_estimate=made.level,
        )
    )

    def again(pixels: Pixels) -> Pixels:
        return run(pixels).image

    error = masked_error(again, noisy, sparse_mask(height, width, mask_stream))
    sigma_255 = _sigma_255(cell, noisy, given_level)
    estimate = math.nan
    if sigma_255 > 0.0:
        estimate = 255.0**2 * sure(again, noisy, denoised, sigma_255 / 255.0, probe_stream)
    psnr_db = math.nan
    if cell.image_set.has_reference:
        psnr_db = cell.protocol.score(denoised, image.clean).psnr_db
    return ImageRank(
        image=image.id,
        masked_error=255.0**2 * error,
        whiteness=whiteness(noisy, denoised),
        sure=estimate,
        sigma_255=sigma_255,
        psnr_db=psnr_db,
    )


def _sigma_255(cell: CellPlan, noisy: Pixels, given_level: float | None) -> float:
    """The level of Gaussian noise, given or estimated; NaN for other noise, or if the image allows
    no estimate."""
    family = cell.noise.treated_as.family
    if not isinstance(family, Gaussian):
        return math.nan
    level = family.estimate(noisy) if given_level is None else given_level
    return math.nan if level is None else level
