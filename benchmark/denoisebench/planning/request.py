"""The request of the user."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.budgets import Budget
from denoisebench.noise.draws import Draws
from denoisebench.noise.level_knowledge import LevelKnowledge
from denoisebench.training.recipe import TRANSDUCTIVE

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision


@dataclass(frozen=True, slots=True)
class Request:
    """The request of the user; every name is a spec.

    train_sets: the first that is on this machine is trained on, else the last.  weights: auto, none
    or a path.  source_noise, target_noise: of what is trained on, if it is not that of the test;
    the second for the second copy of a pair.  own_noise: a set that knows the noise of its given
    images is tested under that, not under `noises`.  needs_reference: whether estimates are scored
    against clean images.  weights_of: training sets whose bundled weights serve as well as those of
    `train_sets`.  level_within: whether bundled weights of a range do for a known level that lies
    in it.  start: weights that trainings begin with.
    oracle_checkpoint: whether held-out clean images pick the weights of trainings.
    seeds: each plans separate cells and trainings.
    self_ensemble: whether each image is denoised in its eight orientations.
    precision: of the trainings and of the networks that denoise.
    channels: of all data sets, or None: as each is.  clean_set: the clean images of UNPAIRED
    evidence, or None: half of the training set.  mixed: whether there may be several protocols.
    """

    methods: tuple[str, ...]
    noises: tuple[str, ...]
    parameters: tuple[LevelKnowledge, ...]
    datasets: tuple[str, ...]
    train_sets: tuple[str, ...]
    draws: Draws
    budget: Budget
    weights: str
    seeds: tuple[int, ...]
    protocols: tuple[str, ...] = ("float",)
    mixed: bool = False
    source_noise: str | None = None
    target_noise: str | None = None
    start: Path | None = None
    oracle_checkpoint: bool = False
    channels: int | None = None
    clean_set: str | None = None
    own_noise: bool = False
    needs_reference: bool = True
    weights_of: tuple[str, ...] = ()
    level_within: bool = False
    self_ensemble: bool = False
    precision: "AskedPrecision" = "auto"

    @property
    def transductive(self) -> bool:
        return self.train_sets == (TRANSDUCTIVE,)
