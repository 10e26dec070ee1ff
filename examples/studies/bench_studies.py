"""Plugins that docs/why-23-db.md and docs/ablations.md measure; do not use them elsewhere. They are
Noise2Score with the mistakes of a failed reproduction, each a switch, and without the average of
its weights.

    bench run --plugin examples/studies/bench_studies.py --method failed-noise2score:relu=true
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import (
    GRAY,
    Denoised,
    Evidence,
    ImageFile,
    ImageSet,
    ImageSource,
    Method,
    Model,
    Pixels,
    ProgressCallback,
    Spec,
    Task,
    TrainedMethod,
    TrainingStep,
    UserError,
    build_config,
    config_spec,
    hookimpl,
)
from denoisebench_datasets.public.catalog import catalog
from noise2score import Config, Noise2Score

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.plugin import Batch

PAPER = Noise2Score()


@dataclass(frozen=True, kw_only=True, slots=True)
class Mistakes:
    """relu: the network ends in a ReLU, as Noise2Noise's does in some codes; a score is signed.

    still: the probe stays at 0.1, where the paper's schedule begins, because the counter that is to
    shrink it hardly moves; Tweedie's formula is not told of it.

    clean: the score is learned of the clean images, as when noise of σ/255 is added to images of
    0 to 255.
    """

    relu: bool = False
    still: bool = False
    clean: bool = False

    @property
    def config(self) -> Config:
        """The rest is as in Noise2Score."""
        return Config(schedule="paper") if self.still else Config()


class FailedNoise2Score(TrainedMethod[Mistakes]):
    name = "failed-noise2score"
    summary = "Noise2Score with the mistakes of a failed reproduction: relu, still, clean"
    config_type = Mistakes

    def evidence(self, config: Mistakes) -> Evidence:
        return Evidence.CLEAN if config.clean else Evidence.NOISY

    def declines(self, config: Mistakes, task: Task) -> str | None:
        if task.noise.family.name != "gaussian" or task.parameters != "known":
            return "the mistakes were made with Gaussian noise of a known level"
        return None

    def passes_per_patch(self, config: Mistakes) -> int:
        return PAPER.passes_per_patch(config.config)

    def network(self, config: Mistakes, task: Task) -> "nn.Module":
        from torch import nn

        network = PAPER.network(config.config, task)
        if not config.relu:
            return network
        rectified = nn.Sequential(network, nn.ReLU())
        rectified.multiple = network.multiple  # the sides that the network takes
        return rectified

    def loss(
        self, model: Model[Mistakes], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        mistakes = model.config
        if mistakes.clean:
            assert batch.target is not None  # the clean patches, which its evidence asks for
            batch = replace(batch, noisy=batch.target, target=None)
        if mistakes.still:
            moment = replace(moment, step=0)
        return PAPER.loss(_without_mistakes(model), batch, moment, rng)

    def denoise(
        self, model: Model[Mistakes], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        return PAPER.denoise(_without_mistakes(model), noisy, level)


class SlowlyFailedNoise2Score(FailedNoise2Score):
    """From a last layer near zero and at the paper's rate, as the paper's code is.  From ours,
    at the suite's rate, a network that ends in a ReLU dies: all below 0, and no gradient."""

    name = "slowly-failed-noise2score"
    summary = "the same at the paper's learning rate of 2e-4, so that a ReLU does not die"
    learning_rate = 2e-4

    def network(self, config: Mistakes, task: Task) -> "nn.Module":
        from torch import nn

        network = super().network(config, task)
        unrectified = network[0] if isinstance(network, nn.Sequential) else network
        nn.init.normal_(unrectified.head.weight, std=0.001)
        return network


def _without_mistakes(model: Model[Mistakes]) -> Model[Config]:
    return Model(model.config.config, model.task, model.network)


class UnaveragedNoise2Score(Noise2Score):
    name = "unaveraged-noise2score"
    summary = "Noise2Score whose last weights count, not the average of the last ones"
    average_share = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CropConfig:
    """size: the crop's side in pixels.  gray: whether of the images' luma."""

    size: int = 128
    gray: bool = False

    def __post_init__(self) -> None:
        if self.size < 32:
            raise ValueError(f"size: {self.size} is less than 32 pixels")


class OneCrop(ImageSource):
    """One crop of each image of cbsd399, the same in every epoch."""

    name = "one-crop"
    summary = "one 128×128 crop of each image of cbsd399: one-crop[:size=N][:gray=true]"

    def open(self, spec: Spec) -> ImageSet:
        config = build_config(CropConfig, spec)
        source, whole = _whole(config)
        image_set = source.open(whole)
        images = tuple(_cropped(image, config.size) for image in image_set.images)
        return replace(image_set, spec=str(config_spec(self.name, config)), images=images)

    def version(self, spec: Spec, channels: int) -> Spec | None:
        config = build_config(CropConfig, spec)
        return config_spec(self.name, replace(config, gray=True)) if channels == GRAY else None

    def is_local(self, spec: Spec) -> bool:
        source, whole = _whole(build_config(CropConfig, spec))
        return source.is_local(whole)

    def fetch(self, spec: Spec, progress: ProgressCallback) -> None:
        source, whole = _whole(build_config(CropConfig, spec))
        source.fetch(whole, progress)


def _whole(config: CropConfig) -> tuple[ImageSource, Spec]:
    name = "cbsd399-gray" if config.gray else "cbsd399"
    return next(source for source in catalog() if source.name == name), Spec(name)


def _cropped(image: ImageFile, size: int) -> ImageFile:
    load = partial(_load_crop, image, size)
    return replace(image, load=load, change=f"one crop of {size}x{size}")


def _load_crop(image: ImageFile, size: int) -> Pixels:
    pixels = image.load()
    place = random.Random(image.id)
    free = [side - size for side in pixels.shape[1:]]
    if min(free) < 0:
        raise UserError(f"one-crop.size: {size} is more than a side of {image.id}")
    top, left = (place.randint(0, room) for room in free)
    return pixels[:, top : top + size, left : left + size]


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [FailedNoise2Score(), SlowlyFailedNoise2Score(), UnaveragedNoise2Score()]


@hookimpl
def register_image_sets() -> Iterable[ImageSource]:
    return [OneCrop()]
