"""A method with a config, for a task: what most checks of methods look at."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from denoisebench.conformance.inputs import picture
from denoisebench.conformance.places import place_of
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.image_set import LoadedImage
from denoisebench.noise.family import Noise
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import (
    Batch,
    Denoised,
    Evidence,
    Method,
    Model,
    Task,
    TrainedMethod,
    TrainingStep,
)
from denoisebench.specs import config_spec

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from denoisebench.denoising.denoiser import Denoiser
    from denoisebench.training.batches import BatchSource

SEED = 0

STEPS = 100
"""Of the training whose losses are looked at."""

CROP_PX = 64
"""Of batches, where a check needs no other."""

IMAGE_PX = 160
"""Both sides of a training image."""


@dataclass(eq=False)
class Case:
    """One config of a method for one task.  noise: of the images, at one level.  files: those of
    the plugin."""

    method: Method[Any]
    config: Any
    task: Task
    noise: Noise
    device: str
    files: Sequence[str]

    def __str__(self) -> str:
        spec = str(config_spec("", self.config)).removeprefix(":")
        told = f"{CHANNEL_WORDS[self.task.channels]}, {self.noise} {self.task.parameters}"
        return f"{spec}, {told}" if spec else told

    def place(self, function: str) -> str:
        """Where a function of the method is defined: file:line."""
        return place_of(self.method, self.files, function)

    @property
    def trained(self) -> TrainedMethod[Any]:
        assert isinstance(self.method, TrainedMethod)  # its rules are for such methods alone
        return self.method

    @property
    def level(self) -> float | None:
        """The level that `denoise` is given."""
        return self.noise.low if self.task.parameters == "known" else None

    @property
    def smallest_crop(self) -> int:
        """The least side of a patch that the method says it needs."""
        return self.trained.smallest_crop

    @property
    def crop_px(self) -> int:
        return max(CROP_PX, self.smallest_crop)

    def network(self, seed: int = SEED) -> "nn.Module":
        """A network as learning begins with it."""
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            assert isinstance(self.method, TrainedMethod | ImageMethod)  # others have none
            network = self.method.network(self.config, self.task)
        return network.to(self.device)

    @cached_property
    def model(self) -> Model[Any] | None:
        """As it is trained at first; None if it is not trained."""
        return self._model(self.network()) if isinstance(self.method, TrainedMethod) else None

    def _model(self, network: "nn.Module") -> Model[Any]:
        return Model(self.config, self.task, network.eval().requires_grad_(False))

    @cached_property
    def denoiser(self) -> "Denoiser":
        """A denoiser with weights that pass on what they see, as those of no training need."""
        from denoisebench.denoising.denoiser import Denoiser

        model = None
        if isinstance(self.method, TrainedMethod):
            network = self.network()
            enliven(network)
            model = self._model(network)
        return Denoiser(self.method, self.config, self.task, model)

    def noisy(self, height: int, width: int, seed: int = SEED) -> "Tensor":
        """A noisy image, (1, C, H, W)."""
        return self._noisy(height, width, seed).clone()

    def clean(self, height: int, width: int, seed: int = SEED) -> "Tensor":
        """The same without noise."""
        import torch

        pixels = picture(self.task.channels, height, width, seed)
        return torch.from_numpy(pixels)[None].to(self.device)

    @cache  # noqa: B019  # a case lives as long as its checks
    def _noisy(self, height: int, width: int, seed: int) -> "Tensor":
        import torch

        clean = picture(self.task.channels, height, width, seed)
        return torch.from_numpy(self.noise.noisy(clean, seed=seed)[0])[None].to(self.device)

    def denoise(self, noisy: "Tensor") -> Denoised:
        """The estimate, with the level that the task tells."""
        return estimate(self.denoiser, noisy, self.level)

    def batch(self, count: int, height: int, width: int | None = None) -> Batch:
        """Patches as the engine shows them to the loss."""
        width = height if width is None else width
        whole = self.source(max(height, width)).sample(0, count, self.generator())
        return each_image(whole, lambda patches: patches[..., :height, :width].contiguous())

    @cache  # noqa: B019
    def source(self, crop_px: int) -> "BatchSource":
        """Square patches of one picture, and of another one if clean ones are shown."""
        import torch

        from denoisebench.training.batches import batch_source
        from denoisebench.training.splits import TrainingImages

        def image(seed: int) -> LoadedImage:
            return LoadedImage(str(seed), picture(self.task.channels, IMAGE_PX, IMAGE_PX, seed))

        evidence = self.method.evidence(self.config)
        clean = [image(1)] if evidence is Evidence.UNPAIRED else []
        return batch_source(
            TrainingImages([image(0)], clean),
            evidence,
            "fixed",
            self.task,
            crop_px=crop_px,
            seed=SEED,
            device=torch.device(self.device),
        )

    def generator(self, seed: int = SEED) -> "torch.Generator":
        import torch

        return torch.Generator(self.device).manual_seed(seed)

    def losses(
        self,
        network: "nn.Module",
        batch: Batch,
        *,
        stage: int = 0,
        rng: "torch.Generator | None" = None,
    ) -> "Tensor":
        """The loss of each patch, in float32."""
        moment = TrainingStep(0, STEPS, len(batch.noisy), stage)
        return self.loss(self.trained, network, batch, moment, rng or self.generator())

    def loss(
        self,
        method: TrainedMethod[Any],
        network: "nn.Module",
        batch: Batch,
        moment: TrainingStep,
        rng: "torch.Generator",
    ) -> "Tensor":
        """The loss of each patch, as a training asks a method for it."""
        from denoisebench.training.not_shown import shown_as

        shown = shown_as(batch, method.evidence(self.config))
        return method.loss(Model(self.config, self.task, network), shown, moment, rng)

    @property
    def stages(self) -> range:
        return range(len(self.trained.stages(self.config, self.task)))


def estimate(denoiser: "Denoiser", noisy: "Tensor", level: float | None) -> Denoised:
    """A method's estimate from a copy of an image, in float32 and without gradients, as the suite
    calls it."""
    import torch

    from denoisebench.nn.devices import true_float32

    with torch.no_grad(), true_float32():
        made = denoiser(noisy.clone(), level)
    return made if isinstance(made, Denoised) else Denoised(made)


def gain_of(made: "Tensor", noisy: "Tensor", clean: "Tensor") -> float:
    """How many dB of PSNR an estimate is better than the noisy image."""
    errors = [float((image.clamp(0.0, 1.0) - clean).square().mean()) for image in (noisy, made)]
    before, after = (math.log10(max(error, 1e-12)) for error in errors)
    return 10.0 * (before - after)


def each_image(batch: Batch, change: "Callable[[Tensor], Tensor]") -> Batch:
    """A batch with each of its images changed."""
    names = ("noisy", "target", "clean")
    shown = {name: getattr(batch, name) for name in names}
    return replace(batch, **{k: change(v) for k, v in shown.items() if v is not None})


def enliven(network: "nn.Module") -> None:
    """Draw all weights of two axes and more anew: a fresh network may be 0 everywhere."""
    import torch
    from torch import nn

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(SEED)
        for weight in network.parameters():
            if weight.ndim >= 2 and weight.is_floating_point():
                nn.init.kaiming_uniform_(weight)
