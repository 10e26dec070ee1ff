"""One cell: each image made noisy (or given so), denoised, scored, and saved if asked for."""

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from denoisebench.devices import Precision, true_float32
from denoisebench.errors import PluginError, plugin_code
from denoisebench.estimates import Estimates
from denoisebench.evidence import noisy_of
from denoisebench.images import LoadedImage, Pixels, pixel_hash
from denoisebench.inference import run_in_bf16
from denoisebench.interfaces import (
    Denoised,
    Model,
    Output,
    Progress,
    ProgressCallback,
    TrainedMethod,
    UntrainedMethod,
)
from denoisebench.metrics import psnr_db
from denoisebench.oracle import STRIDE
from denoisebench.plan import CellPlan
from denoisebench.results import ImageScore
from denoisebench.rules import padded_to_square
from denoisebench.saving import RESERVED, Finding, Saver, Shown
from denoisebench.unfinished import Unfinished
from denoisebench.weights import load_into

Denoise = Callable[[Tensor, float | None], Tensor | Denoised]

ROUNDING = 1e-4
"""Two runs of one network differ by no more than this at any pixel."""


def untrained(cell: CellPlan) -> Denoise:
    """What denoises, for a method that learns nothing."""
    method = cell.method
    assert isinstance(method, UntrainedMethod)
    return lambda noisy, level: method.denoise(cell.config, cell.task, noisy, level)


def trained(cell: CellPlan, weights: Path, device: str, precision: Precision) -> Denoise:
    """What denoises, with weights from a file.  UserError when they do not fit the network.

    precision: of the network; what comes before and after it is float32.
    """
    method = cell.method
    assert isinstance(method, TrainedMethod)
    with plugin_code(method.name):
        network = method.network(cell.config, cell.task)
    load_into(weights, network)
    network = network.eval().requires_grad_(False)
    network = network.to(torch.device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    if precision == "bf16":
        with plugin_code(method.name):
            for part in method.parts_in_bf16(network):
                run_in_bf16(part, device)
    model = Model(cell.config, cell.task, network)
    return lambda noisy, level: method.denoise(model, noisy, level)


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


class Made(NamedTuple):
    """What a method made of a noisy image.  (C, H, W); outputs may have one channel."""

    image: Pixels
    seconds: float
    level: float | None
    outputs: dict[str, Shown]


@torch.no_grad()
def denoise_checked(
    name: str, denoise: Denoise, noisy: Pixels, level: float | None, device: str
) -> Made:
    """Denoise, on the device, and check what comes.  PluginError, naming it, for what is wrong."""
    with plugin_code(name), true_float32():
        begin = time.perf_counter()
        result = denoise(torch.from_numpy(noisy)[None].to(device), level)
        if isinstance(result, Tensor):
            result = Denoised(result)
        image = _pixels(result.image)
        seconds = time.perf_counter() - begin
        if image.shape != noisy.shape:
            raise PluginError(f"{name} made {image.shape} of an image of {noisy.shape}")
        if not np.isfinite(image).all():
            raise PluginError(f"{name} made pixels that are not finite")
        outputs = {key: _shown(name, key, o, noisy) for key, o in result.outputs.items()}
    return Made(image, seconds, result.level, outputs)


def _shown(name: str, key: str, output: Output, noisy: Pixels) -> Shown:
    """An output of the method `name`, checked."""
    if not key.isidentifier() or key in RESERVED:
        raise PluginError(
            f"{name} names an output {key!r}; a plain word is wanted, none of {RESERVED}"
        )
    pixels = _pixels(output.image)
    if pixels.shape not in (noisy.shape, (1, *noisy.shape[1:])):
        raise PluginError(f"{name} made output {key!r} {pixels.shape} of an image of {noisy.shape}")
    if not np.isfinite(pixels).all():
        raise PluginError(f"{name} made output {key!r} with pixels that are not finite")
    if not (output.white > 0.0 and math.isfinite(output.white)):
        raise PluginError(f"{name} made output {key!r} with white at {output.white}")
    return Shown(pixels, output.white)


def _pixels(tensor: Tensor) -> Pixels:
    """(1, C, H, W) on any device -> (C, H, W)"""
    pixels: Pixels = tensor.to("cpu", torch.float32).numpy()[0]
    return pixels
