"""One cell: each image made noisy (or given so), denoised, scored, and drawn if asked for."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from denoisebench.errors import PluginError, plugin_code
from denoisebench.evidence import noisy_of
from denoisebench.images import LoadedImage, Pixels, pixel_hash
from denoisebench.interfaces import (
    Denoised,
    Model,
    Progress,
    ProgressCallback,
    TrainedMethod,
    UntrainedMethod,
)
from denoisebench.metrics import psnr_db
from denoisebench.plan import CellPlan
from denoisebench.results import ImageScore
from denoisebench.weights import load_into

Denoise = Callable[[Tensor, float | None], Tensor | Denoised]


def untrained(cell: CellPlan) -> Denoise:
    """What denoises, for a method that learns nothing."""
    method = cell.method
    assert isinstance(method, UntrainedMethod)
    return lambda noisy, level: method.denoise(cell.config, cell.task, noisy, level)


def trained(cell: CellPlan, weights: Path, device: str) -> Denoise:
    """What denoises, with weights from a file.  UserError when they do not fit the network."""
    method = cell.method
    assert isinstance(method, TrainedMethod)
    with plugin_code(method.name):
        network = method.network(cell.config, cell.task)
    load_into(weights, network)
    network = network.eval().requires_grad_(False)
    network = network.to(torch.device(device), memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = Model(cell.config, cell.task, network)
    return lambda noisy, level: method.denoise(model, noisy, level)


def evaluate(
    cell: CellPlan,
    images: Sequence[LoadedImage],
    denoise: Denoise,
    *,
    device: str,
    pictures: Path | None,
    progress: ProgressCallback,
) -> list[ImageScore]:
    """Score every image.  pictures: the results folder, to leave noisy | denoised | clean there."""
    what = f"{cell.method_spec} on {cell.image_set.spec}, {cell.noise}"
    scores = []
    for number, image in enumerate(images, start=1):
        clean = image.clean
        with plugin_code(cell.noise.family.name):
            noisy, level = noisy_of(image, cell.noise, cell.seed)
        told = level if cell.parameters == "known" else None
        begin = time.perf_counter()
        estimate, level_estimate = _denoised(cell.method.name, denoise, noisy, told, device)
        denoise_s = time.perf_counter() - begin
        result = cell.protocol.score(estimate, clean)
        scores.append(
            ImageScore(
                image=image.id,
                psnr_db=result.psnr_db,
                ssim=result.ssim,
                noisy_psnr_db=psnr_db(noisy, clean, data_range=cell.protocol.data_range),
                level=level,
                level_estimate=level_estimate,
                denoise_s=denoise_s,
                megapixels=clean[0].size / 1e6,
                noisy_sha256=pixel_hash(noisy),
            )
        )
        if pictures is not None:
            _draw(picture_path(cell, pictures, image.id), [noisy, estimate, clean])
        progress(Progress(what, number, len(images)))
    return scores


@torch.no_grad()
def _denoised(
    name: str, denoise: Denoise, noisy: Pixels, level: float | None, device: str
) -> tuple[Pixels, float | None]:
    """The denoised image, checked, and the level that the method estimated, if it did."""
    with plugin_code(name):
        result = denoise(torch.from_numpy(noisy)[None].to(device), level)
        if isinstance(result, Tensor):
            result = Denoised(result)
    estimate: Pixels = result.image.to("cpu", torch.float32).numpy()[0]
    if estimate.shape != noisy.shape:
        raise PluginError(f"{name} made {estimate.shape} of an image of {noisy.shape}")
    if not np.isfinite(estimate).all():
        raise PluginError(f"{name} made pixels that are not finite")
    return estimate, result.level


def picture_path(cell: CellPlan, out: Path, image_id: str) -> Path:
    """Where the picture of an image goes."""
    parts = (cell.image_set.spec, str(cell.noise), cell.id, image_id)
    safe = ["".join(c if c.isalnum() or c in "-_.=" else "_" for c in part) for part in parts]
    return out / "pictures" / safe[0] / safe[1] / f"{cell.method.name}-{safe[2]}" / f"{safe[3]}.png"


def missing_pictures(cell: CellPlan, out: Path) -> bool:
    """Whether a picture of the cell is not there yet."""
    return not all(picture_path(cell, out, image.id).exists() for image in cell.image_set.images)


def _draw(path: Path, images: Sequence[Pixels]) -> None:
    """Images side by side, clipped and rounded to 8 bits."""
    from PIL import Image

    strip = np.concatenate(images, axis=2).clip(0.0, 1.0)
    levels = np.rint(strip * 255.0).astype(np.uint8).transpose(1, 2, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels[..., 0] if levels.shape[2] == 1 else levels).save(path)
