"""Each image of a cell: made noisy, or given so, denoised, scored, saved if asked for."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from denoisebench.denoising.denoiser import ROUNDING, DenoiserOutput, denoise_checked
from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.execution.noisy_images import NoisyImage, NoisyImages, unpadded
from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.noise.level_knowledge import STRIDE
from denoisebench.noise.level_reading import LevelUnknownError, naming_image
from denoisebench.planning.plan import CellPlan
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import ImageScore
from denoisebench.results.saved_images import DenoisedImage, SavedOutput, Saver
from denoisebench.scoring.metrics import psnr_db


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
    noisy_images: NoisyImages | None = None,
) -> list[ImageScore]:
    """Score every image, as often as the protocol says.  saver: takes the first repeat of each.
    journal: has the scores of an earlier, interrupted run, and takes those of this one.
    estimates: takes what is scored.  noisy_images: has what an earlier cell was given.

    An image that does not tell the level that the method needs is left out: see `ImageScore`.  It
    is asked again where a run goes on.  Raises PluginError where all images are left out, and for
    what the method or the noise does wrong, UserError when a file to be saved cannot be written.
    """
    repeats = cell.repeats
    pads = cell.protocol.pads_clean
    square_px = cell.protocol.square_px(image.clean for image in images) if pads else None
    scores: list[ImageScore] = []
    untold: list[LevelUnknownError] = []
    done, noisy_images = journal.read(), noisy_images or NoisyImages()
    for image in images:
        for repeat in range(repeats):
            noisy = noisy_images.get(cell, image, square_px, repeat)
            score = done.get((image.id, repeat))
            if score is not None and score.noisy_sha256 != noisy.sha256:
                score = None  # of another image, which only an edit of the journal brings here
            if score is None or (estimates and not estimates.path(image.id, repeat).exists()):
                try:
                    score, finding = _scored(cell, image, noisy, repeat, denoise, device)
                except LevelUnknownError as error:
                    untold.append(error)
                    score = _left_out(image, noisy, repeat)
                else:
                    if estimates is not None:
                        estimates.keep(finding.denoised, image.id, repeat)
                    journal.add(score)
                    if repeat == 0:
                        saver.save(finding)
            scores.append(score)
            progress(Progress(cell.what, len(scores), len(images) * repeats))
    if untold and len(untold) == len(scores):
        raise untold[0]
    saver.finish()
    return scores


def _left_out(image: LoadedImage, noisy: NoisyImage, repeat: int) -> ImageScore:
    """The record of an image that was not denoised."""
    return ImageScore(
        image=image.id,
        repeat=repeat,
        psnr_db=math.nan,
        ssim=math.nan,
        noisy_psnr_db=noisy.psnr_db,
        level=noisy.level,
        level_estimate=None,
        denoise_s=0.0,
        megapixels=0.0,
        noisy_sha256=noisy.sha256,
        steps=None,
    ).rounded()


def _scored(
    cell: CellPlan,
    image: LoadedImage,
    noisy: NoisyImage,
    repeat: int,
    denoise: Denoise,
    device: str,
) -> tuple[ImageScore, DenoisedImage]:
    """One repeat of one image: its score, and the outputs to save."""
    clean, inside = image.clean, unpadded(image)

    def run(given_level: float | None) -> DenoiserOutput:
        with naming_image(image.id):
            return denoise_checked(cell.method.name, denoise, noisy.pixels, given_level, device)

    def quality_db(estimate: Pixels) -> float:
        x, y, white = cell.protocol.compared(estimate[inside], clean)
        return psnr_db(x, y, data_range=white)

    levels = cell.given_levels(noisy.level)
    made = run(*levels) if len(levels) == 1 else _best_of(levels, run, quality_db)
    result = cell.protocol.score(made.image[inside], clean)
    score = ImageScore(
        image=image.id,
        repeat=repeat,
        psnr_db=result.psnr_db,
        ssim=result.ssim,
        noisy_psnr_db=noisy.psnr_db,
        level=noisy.level,
        level_estimate=made.level,
        denoise_s=made.seconds,
        megapixels=noisy.pixels[0].size / 1e6,
        noisy_sha256=noisy.sha256,
        steps=made.steps or None,
    ).rounded()
    finding = DenoisedImage(
        image=image.id,
        clean=clean,
        noisy=noisy.pixels[inside],
        denoised=made.image[inside],
        outputs={name: SavedOutput(o.pixels[inside], o.white) for name, o in made.outputs.items()},
        level=noisy.level,
        level_estimate=made.level,
    )
    return score, finding


def _best_of(
    levels: Sequence[float | None],
    run: Callable[[float | None], "DenoiserOutput"],
    quality_db: Callable[[Pixels], float],
) -> "DenoiserOutput":
    """The choice of an oracle: the best of the results that `run` gives at each level.

    Searched from coarse to fine: one level of each `STRIDE`, then the best one's neighbours up to
    the next of these.  seconds: of all that were tried.  level: the one that was picked; None where
    the level changes nothing, which what is made at the first and the last of the coarse tells.
    steps: as seconds.
    """
    coarse = range(STRIDE // 2, len(levels), STRIDE)
    ends = {at: run(levels[at]) for at in (coarse[0], coarse[-1])}
    first, last = ends.values()
    if np.abs(first.image - last.image).max() <= ROUNDING:
        return first._replace(level=None)
    places, tried = coarse, set[int]()
    best, best_at, best_db, seconds, steps = first, coarse[0], -math.inf, 0.0, 0
    for _ in ("coarse", "fine"):
        for at in (place for place in places if place not in tried):
            made = ends[at] if at in ends else run(levels[at])
            tried.add(at)
            seconds, steps = seconds + made.seconds, steps + made.steps
            made_db = quality_db(made.image)
            if made_db > best_db:
                best, best_at, best_db = made, at, made_db
        places = range(max(0, best_at - STRIDE + 1), min(len(levels), best_at + STRIDE))
    return best._replace(level=levels[best_at], seconds=seconds, steps=steps)
