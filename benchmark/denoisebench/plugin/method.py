"""The interface of a method plugin: its classes, and the arguments of their functions.

Nothing here imports torch: a method's functions import it when they run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.plugin.tiling import Tiling
from denoisebench.specs import ConfigT, NoSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Batch:
    """The input of a loss: patches, float32, nominally in [0, 1].

    noisy: (B, C, h, w).  target: the same shape; the second noisy copy (NOISY_PAIRS) or the clean
    patch (CLEAN).  level: of `noisy`, (B, 1, 1, 1) in the unit of the noise family, or None if the
    parameters are unknown.  clean: clean patches of other scenes (UNPAIRED) in the shape of
    `noisy`.  In a training, an error comes of any use of a target or a clean that the evidence
    does not show.

    >>> batch = Batch(torch.zeros(4, 1, 64, 64), None, torch.full((4, 1, 1, 1), 25.0))
    >>> batch.target is None, batch.level.shape
    (True, torch.Size([4, 1, 1, 1]))
    """

    noisy: "Tensor"
    target: "Tensor | None"
    level: "Tensor | None"
    clean: "Tensor | None" = None


Schedule = Literal["cosine", "ramps"]
"""The course of the learning rate: see `TrainedMethod.schedule`.

>>> TrainedMethod.schedule
'cosine'
"""


class Evidence(StrEnum):
    """The images that training may see.  The suite gives a method exactly this and nothing else.

    >>> Evidence.NOISY_PAIRS, str(Evidence.NOISY_PAIRS)
    (<Evidence.NOISY_PAIRS: 'noisy-pairs'>, 'noisy-pairs')
    """

    NOTHING = "nothing"  # no training
    IMAGE = "image"  # no training set: it learns on each noisy image while it denoises that
    NOISY = "noisy"  # one noisy copy of each image
    NOISY_PAIRS = "noisy-pairs"  # two independent noisy copies of each image
    UNPAIRED = "unpaired"  # one noisy copy of each image, and clean images of other scenes
    CLEAN = "clean"  # a noisy copy and the clean image: supervised

    @property
    def is_trained(self) -> bool:
        """Whether the suite trains such a method on a training set."""
        return self not in (Evidence.NOTHING, Evidence.IMAGE)


@dataclass(frozen=True, slots=True)
class Task:
    """The purpose of a denoiser.

    noise: the noise it is trained on.  parameters: whether it is given the level.  channels: 1
    (gray) or 3 (colour).  target_noise: of the second copy of each pair (NOISY_PAIRS), if it
    differs.

    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> task = Task(Noise(Gaussian(), 25.0, 25.0), "known", GRAY)
    >>> task.noise.family.name, task.parameters
    ('gaussian', 'known')
    """

    noise: "Noise"
    parameters: TrainingKnowledge
    channels: int
    target_noise: "Noise | None" = None


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """The step that a training is at.

    stage: which of the method's stages, from 0.  step: from 0, within the stage, which has `steps`.
    patches_per_step: sampled patches, which is also the batch size.

    >>> step = TrainingStep(step=50, steps=200, patches_per_step=32)
    >>> step.share, step.patches
    (0.25, 1632)
    """

    step: int
    steps: int
    patches_per_step: int
    stage: int = 0

    @property
    def share(self) -> float:
        """The share of the stage done, from 0 up to 1."""
        return self.step / self.steps

    @property
    def patches(self) -> int:
        """The number of patches sampled in the stage, including this step's."""
        return (self.step + 1) * self.patches_per_step


@dataclass(frozen=True, slots=True)
class Output:
    """Another output of a method for each pixel, such as a predicted standard deviation.

    image: (1, 1 or C, H, W), nominally 0..white.  white: the value that a picture shows as white.

    >>> Output(torch.full((1, 1, 4, 6), 0.02), white=0.04).image.shape
    torch.Size([1, 1, 4, 6])
    """

    image: "Tensor"
    white: float = 1.0


@dataclass(frozen=True, slots=True)
class Denoised:
    """A denoised image with other outputs of the method.

    image: (1, C, H, W).  level: the method's estimate of the noise level, in the unit of the noise
    family, or None.  outputs: by name; `--save-images` and `--save-arrays` save them.  steps: those
    that were taken to learn on this image; the suite counts them.

    >>> denoised = Denoised(torch.zeros(1, 1, 4, 6), level=24.3)
    >>> denoised.level, dict(denoised.outputs)
    (24.3, {})
    """

    image: "Tensor"
    level: float | None = None
    outputs: "Mapping[str, Output]" = field(default_factory=dict)
    steps: int = 0


class Method(ABC, Generic[ConfigT]):
    """A denoising method.  Stateless: everything it needs is an argument.  Derive from
    `TrainedMethod`, `ImageMethod` or `UntrainedMethod`.

    config_type: a frozen dataclass whose fields have defaults; `name:field=value` builds one.
    Leave it out if there are no settings.

    >>> issubclass(TrainedMethod, Method), issubclass(UntrainedMethod, Method)
    (True, True)
    """

    name: str
    summary: str
    config_type: type[ConfigT] = NoSettings  # type: ignore[assignment]

    paper_code: str = ""
    """Where the code of the method's paper is, and its licence, for `bench show`."""

    @abstractmethod
    def evidence(self, config: ConfigT) -> Evidence:
        """The images that training may see under this config."""

    def declines(self, config: ConfigT, task: Task) -> str | None:
        """Why this method does not apply to `task`; None if it does."""
        return None

    def blind_noise(self, config: ConfigT, noise: "Noise") -> "Noise":
        """The noise to train on if the level of the test noise is unknown.

        The family's blind range, unless the method learns the level from its training images.
        """
        return noise.blind_range()

    def warns(self, config: ConfigT, task: Task) -> str | None:
        """A warning about this config for `task`, which is done nevertheless; None for none."""
        return None

    def tiling(self, config: ConfigT, task: Task) -> Tiling | None:
        """How an image may be cut into tiles; None if it must be denoised as a whole.

        A method that has one gives each pixel of a tile with its halo the value that it has in the
        whole image, given the same level, and what `for_tiles_of` measured.  It uses a level that
        it is given, also where it was trained for unknown ones.
        """
        return None


class UntrainedMethod(Method[ConfigT]):
    """A method that is not trained.

    >>> class Mean(UntrainedMethod[NoSettings]):
    ...     name, summary = "mean", "the mean of the noisy image"
    ...     def denoise(self, config, task, noisy, level):
    ...         return noisy.mean(dim=(2, 3), keepdim=True).expand_as(noisy)
    >>> Mean().denoise(NoSettings(), None, torch.rand(1, 3, 4, 6), None).shape
    torch.Size([1, 3, 4, 6])
    """

    def evidence(self, config: ConfigT) -> Evidence:
        return Evidence.NOTHING

    @abstractmethod
    def denoise(
        self, config: ConfigT, task: Task, noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        """Denoise one image.  (1, C, H, W), any H and W -> the same shape.

        level: the noise level in the unit of its family; None if the parameters are unknown.
        A method that estimates the level returns it in a `Denoised`.  Of `task.noise` take the
        family and its settings, never the levels: results do not keep them.
        """


@dataclass(frozen=True, slots=True)
class Model(Generic[ConfigT]):
    """A network with the config and the task that it was built for.

    measured: if tiles are denoised, the values measured in the whole image, by the method's own
    names; see `TrainedMethod.for_tiles_of`.

    >>> from denoisebench.noise_models.gaussian import Gaussian
    >>> task = Task(Noise(Gaussian(), 25.0, 25.0), "known", GRAY)
    >>> model = Model(config=None, task=task, network=torch.nn.Conv2d(1, 1, 3, padding=1))
    >>> model.network(torch.zeros(1, 1, 4, 6)).shape
    torch.Size([1, 1, 4, 6])
    """

    config: ConfigT
    task: Task
    network: "nn.Module"
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported(Generic[ConfigT]):
    """Weights read from a file of a method's original code.

    channels: 1 (gray) or 3 (colour).  tensors: the state of the method's `network`.

    >>> imported = Imported(None, GRAY, {"weight": torch.zeros(1, 1, 3, 3)})
    >>> list(imported.tensors)
    ['weight']
    """

    config: ConfigT
    channels: int
    tensors: "Mapping[str, Tensor]"


class TrainedMethod(Method[ConfigT]):
    """A method with a network and a loss; the suite trains it.

    >>> class Regression(TrainedMethod[NoSettings]):
    ...     name, summary = "regression", "learns from clean images"
    ...     def evidence(self, config): return Evidence.CLEAN
    ...     def network(self, config, task): return torch.nn.Conv2d(1, 1, 3, padding=1)
    ...     def loss(self, model, batch, moment, rng):
    ...         return (model.network(batch.noisy) - batch.target).square().mean(dim=(1, 2, 3))
    ...     def denoise(self, model, noisy, level): return model.network(noisy)
    >>> method, patches = Regression(), torch.zeros(2, 1, 8, 8)
    >>> model = Model(NoSettings(), None, method.network(NoSettings(), None))
    >>> method.loss(model, Batch(patches, patches, None), None, None).shape
    torch.Size([2])
    """

    learning_rate: float = 1e-3
    """Adam's peak rate."""

    beta2: float = 0.99
    """Adam's β₂.  At 0.999 the steps follow the gradients of the last thousand: while gradients
    grow, as from small initial weights, the steps are too long and may lose the network."""

    schedule: Schedule = "cosine"
    """The course of the rate, up to its peak and down to zero: `cosine`, a short warm-up and half a
    cosine; `ramps`, the long ramps of Laine et al. (NeurIPS 2019)."""

    average_share: float = 0.01
    """The resulting weights are an average over this share of the steps, the last ones."""

    float32: bool = False
    """Train in true float32, for a loss that the rounding of bfloat16 or TF32 would ruin."""

    checkpoint: Literal["last", "held-out"] = "last"
    """Take the last weights, or those with the lowest loss on held-out images (the method's own
    loss, on its own evidence)."""

    smallest_crop: int = 0
    """The least side of a patch that the loss takes, in pixels.  Where a budget has a smaller one,
    training takes the next multiple of 32, and says so."""

    foreign_classes: tuple[type, ...] = ()
    """Classes in files of the original code, apart from tensors and plain containers; no other is
    read.  A class here must be harmless whatever attributes a file gives it."""

    def passes_per_patch(self, config: ConfigT) -> int:
        """The cost of the loss, in passes of the network over a whole sampled patch, rounded up. A
        pass over a quarter of the pixels counts 1/4, one without gradients 1/3.  Budgets count it.
        """
        return 1

    def stages(self, config: ConfigT, task: Task) -> tuple[float, ...]:
        """The share of the steps of each stage of the training; the shares add up to 1.

        A stage begins with the averaged weights of the stage before, and with a new schedule and
        optimiser.  The loss is given the stage; parameters without a gradient do not change.
        """
        return (1.0,)

    def trained_as(self, config: ConfigT) -> ConfigT:
        """`config` with all fields that affect only denoising set to their defaults.

        Configs that differ in nothing else share one training.
        """
        return config

    @abstractmethod
    def network(self, config: ConfigT, task: Task) -> "nn.Module":
        """Build the network, freshly initialised from torch's current seed."""

    @abstractmethod
    def loss(
        self, model: Model[ConfigT], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        """The loss of each patch of a batch, before averaging.  Returns (B,), float32.

        Runs under autocast: the network's output may be bfloat16.  moment: the step that the
        training is at.  rng: on the batch's device; draw every random number from it.
        """

    @abstractmethod
    def denoise(
        self, model: Model[ConfigT], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        """Denoise one image with a trained network.  (1, C, H, W), any H and W -> the same shape.

        Runs in float32 except for `parts_in_bf16`, without gradients.  level: the noise level in
        the unit of its family; None if the parameters are unknown.  A method that estimates the
        level returns it in a `Denoised`.
        """

    def for_tiles_of(self, model: Model[ConfigT], noisy: "Tensor") -> Model[ConfigT]:
        """The model for the tiles of an image (1, C, H, W): with what `denoise` measures in an
        image, measured once in the whole, in `Model.measured`.

        Nothing needs to be measured of a method that only needs the level (see
        `Tiling.needs_level`).
        """
        return model

    def for_level(self, model: Model[ConfigT], level: float) -> Model[ConfigT]:
        """The model for images whose level is known, also where it was trained for unknown ones:
        with what `denoise` would measure of the level in an image, in `Model.measured`."""
        return model

    def parts_in_bf16(self, network: "nn.Module") -> "Iterable[nn.Module]":
        """The modules that denoise in bfloat16 where the hardware multiplies it: the network, parts
        of it, or none.

        Each call of one runs under autocast, as `loss` does, and returns float32.  Inside, turn
        autocast off for what must not be rounded.  Everything else in `denoise` is float32.
        """
        return (network,)

    def import_weights(self, stored: object) -> Imported[ConfigT]:
        """The weights in a file of the method's original code.

        stored: the content of the file, unpickled without running code; trust neither its names nor
        its shapes.  Raises UserError if it holds no such weights; the suite puts the file's name
        before the text.
        """
        raise UserError(f"{self.name} reads no foreign weights")
