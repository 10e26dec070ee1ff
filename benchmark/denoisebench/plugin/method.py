"""The interface of a method plugin: what it defines, and the arguments of its functions.

Nothing here imports torch: a method's functions import it when they run.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import Parameters

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Batch:
    """What a loss is given.  noisy: (B, C, h, w).  target: the same shape; the second noisy copy
    (NOISY_PAIRS), the clean patch (CLEAN) or None (NOISY, UNPAIRED).  level: of `noisy`,
    (B, 1, 1, 1) in the unit of the noise family, or None when the parameters are unknown.  clean:
    the shape of `noisy`; clean patches of other scenes (UNPAIRED), turned as they come, or None."""

    noisy: "Tensor"
    target: "Tensor | None"
    level: "Tensor | None"
    clean: "Tensor | None" = None


Draws = Literal["fixed", "fresh"]
Schedule = Literal["cosine", "ramps"]


class Evidence(StrEnum):
    """What training may see.  The harness hands a method exactly this and nothing else."""

    NOTHING = "nothing"  # no training
    NOISY = "noisy"  # one noisy copy of each image
    NOISY_PAIRS = "noisy-pairs"  # two independent noisy copies of each image
    UNPAIRED = "unpaired"  # one noisy copy of each image, and clean images of other scenes
    CLEAN = "clean"  # a noisy copy and the clean image: supervised


@dataclass(frozen=True, slots=True)
class Task:
    """The purpose of a denoiser: noise it is trained on, known or unknown level, gray or colour.

    target_noise: of the second copy of each pair (NOISY_PAIRS), if it differs.
    """

    noise: "Noise"
    parameters: Parameters
    channels: int
    target_noise: "Noise | None" = None


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """Where a training stands: which step of how many, and how many patches a step samples.

    stage: which of the method's stages, from 0; steps count within it.
    """

    step: int  # from 0
    steps: int
    patches_per_step: int
    stage: int = 0

    @property
    def share(self) -> float:
        """The share of the stage done, from 0 up to 1."""
        return self.step / self.steps

    @property
    def patches(self) -> int:
        """The patches sampled so far in the stage, this step's among them."""
        return (self.step + 1) * self.patches_per_step


@dataclass(frozen=True, slots=True)
class Output:
    """Another output of a method for each pixel, such as a predicted deviation.

    image: (1, 1 or C, H, W), nominally 0..white.  white: the value that a picture shows as white.
    """

    image: "Tensor"
    white: float = 1.0


@dataclass(frozen=True, slots=True)
class Denoised:
    """A denoised image with other outputs of the method.

    image: (1, C, H, W).  level: the method's estimate of the noise level, in the unit of the noise
    family, or None.  outputs: by name; saved on request.
    """

    image: "Tensor"
    level: float | None = None
    outputs: "Mapping[str, Output]" = field(default_factory=dict)


ConfigT = TypeVar("ConfigT")


class Method(ABC, Generic[ConfigT]):
    """A denoising method.  Stateless: everything it needs comes as an argument.

    `config_type` is a frozen dataclass whose fields have defaults; `name:field=value` builds one.
    """

    name: str
    summary: str
    config_type: type[ConfigT]

    @abstractmethod
    def evidence(self, config: ConfigT) -> Evidence:
        """What training may see under this config."""

    def declines(self, config: ConfigT, task: Task) -> str | None:
        """Why this method does not apply to `task`; None if it does."""
        return None

    def blind_noise(self, config: ConfigT, noise: "Noise") -> "Noise":
        """The noise to train on for a test noise of unknown level: the family's blind range, unless
        a method learns the level from its training images."""
        return noise.blind_range()

    def warns(self, config: ConfigT, task: Task) -> str | None:
        """A warning about this config for `task`, which can be done all the same; None for none."""
        return None


class UntrainedMethod(Method[ConfigT]):
    """A method that learns nothing beforehand."""

    def evidence(self, config: ConfigT) -> Evidence:
        return Evidence.NOTHING

    @abstractmethod
    def denoise(
        self, config: ConfigT, task: Task, noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        """Denoise one image.  (1, C, H, W), any H and W -> the same shape.

        level: the noise level in the unit of its family; None when the parameters are unknown.
        A method that estimates the level returns a `Denoised` that says so.
        """


@dataclass(frozen=True, slots=True)
class Model(Generic[ConfigT]):
    """A network with what it was built for."""

    config: ConfigT
    task: Task
    network: "nn.Module"


@dataclass(frozen=True, slots=True)
class Imported(Generic[ConfigT]):
    """Weights from a file of a method's original code.  tensors: the state of its `network`."""

    config: ConfigT
    channels: int
    tensors: "Mapping[str, Tensor]"


class TrainedMethod(Method[ConfigT]):
    """A method with a network and a loss; the core's engine does the rest."""

    learning_rate: float = 2e-3
    """Adam's peak rate."""

    beta2: float = 0.999
    """Adam's β₂.  Use 0.99 if early gradients are thousands of times larger than later ones: at
    0.999 they shrink the steps for the first thousand iterations."""

    schedule: Schedule = "cosine"
    """The course of the rate, up to its peak and down to zero: see `training.schedule`."""

    average_share: float = 0.01
    """The resulting weights are an average over the last steps: over this share of all of them."""

    float32: bool = False
    """Train in true float32, for losses that the rounding of bfloat16 or TF32 would ruin."""

    checkpoint: Literal["last", "held-out"] = "last"
    """The weights that count: those at the end, or those with the lowest loss on held-out images
    (the method's own loss, of its own evidence)."""

    foreign_classes: tuple[type, ...] = ()
    """Classes in files of the original code, apart from tensors and plain containers; nothing else
    is read.  A class here must be harmless whatever attributes a file gives it."""

    def passes_per_patch(self, config: ConfigT) -> int:
        """How often the network sees each sampled patch in one step; budgets count these."""
        return 1

    def stages(self, config: ConfigT, task: Task) -> tuple[float, ...]:
        """The share of the steps that each stage of the training takes; they add up to 1.

        A stage begins with the averaged weights of the one before, and with a new schedule and
        optimiser.  The loss is given the stage; parameters without a gradient do not change.
        """
        return (1.0,)

    def trained_as(self, config: ConfigT) -> ConfigT:
        """`config` with all fields that affect only denoising set to their defaults: configs that
        differ in nothing else share one training."""
        return config

    @abstractmethod
    def network(self, config: ConfigT, task: Task) -> "nn.Module":
        """Build the network, freshly initialised from torch's current seed."""

    @abstractmethod
    def loss(
        self, model: Model[ConfigT], batch: "Batch", moment: TrainingStep, rng: "torch.Generator"
    ) -> "Tensor":
        """The loss of each patch of a batch, before averaging.  Returns (B,), float32.

        Runs under autocast: what the network returns may be bfloat16.  moment: where the training
        stands.  rng: of the batch's device; draw every random number from it.
        """

    @abstractmethod
    def denoise(
        self, model: Model[ConfigT], noisy: "Tensor", level: float | None
    ) -> "Tensor | Denoised":
        """Denoise one image with a trained network.  (1, C, H, W), any H and W -> the same shape.

        Runs in float32 but for `parts_in_bf16`, without gradients.  level: the noise level in the
        unit of its family; None when the parameters are unknown.  A method that estimates the level
        returns a `Denoised` that says so.
        """

    def parts_in_bf16(self, network: "nn.Module") -> "Iterable[nn.Module]":
        """The modules of a trained network, or the network itself, that denoise in bfloat16 where
        the hardware multiplies it.

        Each call of one runs under autocast, as `loss` does, and returns float32.  Inside, what
        must not be rounded turns autocast off.  Everything else in `denoise` is float32.
        """
        return (network,)

    def import_weights(self, stored: object) -> Imported[ConfigT]:
        """The weights in a file of the method's original code.

        stored: the content of the file, unpickled safely; trust neither its names nor its shapes.
        Raises UserError if it holds no such weights; the file's name is put before its text.
        """
        raise UserError(f"{self.name} reads no foreign weights")
