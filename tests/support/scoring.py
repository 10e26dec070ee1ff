"""A cell of one made-up method, to be evaluated in the process of the test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from protocols import get_protocol

from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.execution.evaluation import evaluate
from denoisebench.images.image_set import ImageFile, ImageSet
from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.plan import CellPlan
from denoisebench.plugin.method import Denoised, Task, UntrainedMethod
from denoisebench.progress import ProgressCallback
from denoisebench.results.journal import Unfinished
from denoisebench.results.records import ImageScore
from denoisebench.results.saved_images import Saver


@dataclass(frozen=True)
class Config:
    """No settings."""


@dataclass
class DenoiserOutput(UntrainedMethod[Config]):
    """Does what `make` does to a noisy image; remembers it and the level told."""

    make: Callable[[torch.Tensor], torch.Tensor | Denoised]
    seen: list[Pixels] = field(default_factory=list)
    told: list[float | None] = field(default_factory=list)
    name, summary, config_type = "made", "for a test", Config

    def denoise(
        self, config: Config, task: Task, noisy: torch.Tensor, level: float | None
    ) -> torch.Tensor | Denoised:
        self.seen.append(noisy[0].numpy())
        self.told.append(level)
        return self.make(noisy)


def images(*sizes: tuple[int, ...]) -> list[Pixels]:
    """Images of these sizes (C, H, W), of 8-bit values."""
    rng = np.random.default_rng(0)
    return [(rng.integers(0, 256, size) / 255).astype(np.float32) for size in sizes]


def cell(method: DenoiserOutput, clean: Sequence[Pixels], **changes: Any) -> CellPlan:
    """The cell of a method on images a.png, b.png, ...; other fields may be given by name."""
    files = tuple(
        ImageFile(f"{chr(97 + n)}.png", str(n), lambda pixels=pixels: pixels)
        for n, pixels in enumerate(clean)
    )
    spec = changes.pop("image_set", "folder:x")
    noise = changes.pop("noise", Noise(Gaussian(), 25.0, 25.0))
    channels = clean[0].shape[0]
    fields: dict[str, Any] = {
        "method": method,
        "config": Config(),
        "task": Task(noise, "known", channels),
        "noise": noise,
        "parameters": "known",
        "image_set": ImageSet(spec, channels, files),
        "protocol": get_protocol(changes.pop("protocol", "float")),
        "seed": 0,
        "labels": dict.fromkeys(("evidence", "draws", "train_set", "budget", "weights"), ""),
        "source": "",
        "training": None,
        "given": None,
    }
    return CellPlan(**{**fields, **changes})


def scored(
    planned: CellPlan,
    saver: Saver | None = None,
    progress: ProgressCallback = lambda _: None,
    journal: Unfinished | None = None,
) -> list[ImageScore]:
    """The scores of a cell."""
    loaded = [file.read() for file in planned.image_set.images]
    return evaluate(
        planned,
        loaded,
        load_denoiser(planned.method, planned.config, planned.task, None, "cpu", "fp32"),
        device="cpu",
        saver=saver or Saver(planned, Path("unused")),
        journal=journal or Unfinished(Path("unused"), planned.id, keep=False),
        progress=progress,
    )
