"""Options of a run or a comparison, for the command line, TOML files and Python alike."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from denoisebench.budgets import Budget, get_budget
from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.noise.draws import Draws
from denoisebench.noise.level_knowledge import LevelKnowledge
from denoisebench.planning.request import Request
from denoisebench.specs import LARGEST_SEED, split_list

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision

CHANNELS = {word: channels for channels, word in CHANNEL_WORDS.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """The options of `bench run` that decide its results, as they are typed there.

    Several values are one text, separated by commas.  `bench run --help` explains each.
    """

    noise: str | None = None
    parameters: str = "known"
    datasets: str = DEFAULTS.datasets
    channels: str | None = None
    train_set: str | None = None
    clean_set: str | None = None
    source_noise: str | None = None
    target_noise: str | None = None
    draws: str = "fixed"
    budget: str | None = None
    steps: int | None = None
    batch: int | None = None
    crop: int | None = None
    start: Path | None = None
    oracle_checkpoint: bool = False
    weights: str = "auto"
    protocol: str = "float"
    mixed: bool = False
    self_ensemble: bool = False
    precision: "AskedPrecision" = "auto"
    seeds: tuple[int, ...] = (0,)

    def request(self, methods: Sequence[str], budgets: Mapping[str, Budget]) -> Request:
        """The options as a request for methods, by their specs.

        budgets: those that there are, by name.  Raises UserError for options that contradict each
        other.
        """
        parameters = split_list(self.parameters)
        for item in parameters:
            _refuse_other("parameters", item, get_args(LevelKnowledge))
        _refuse_other("draws", self.draws, get_args(Draws))
        if self.channels is not None:
            _refuse_other("channels", self.channels, CHANNELS)
        for seed in self.seeds:
            if not 0 <= seed <= LARGEST_SEED:
                raise UserError(f"--seeds: {seed} is not in 0..{LARGEST_SEED}")
        lengths = (self.budget, self.steps, self.batch, self.crop)
        refuse_lengths(self.weights, lengths)
        trains_anew = self.oracle_checkpoint or any(x is not None for x in (*lengths, self.start))
        if self.oracle_checkpoint and self.weights not in ("auto", "none"):
            raise UserError(
                "--oracle-checkpoint is of a training, which --weights replaces; give one"
            )
        if self.start is not None and self.weights not in ("auto", "none"):
            raise UserError("--start needs a training and --weights skips it; give only one")
        return Request(
            methods=tuple(methods),
            noises=tuple(split_list(DEFAULTS.noise if self.noise is None else self.noise)),
            own_noise=self.noise is None,
            parameters=cast(tuple[LevelKnowledge, ...], tuple(parameters)),
            datasets=tuple(split_list(self.datasets)),
            train_sets=(self.train_set,) if self.train_set else DEFAULTS.train_sets,
            clean_set=self.clean_set,
            draws=cast(Draws, self.draws),
            budget=get_budget(
                self.budget or DEFAULTS.budget, self.steps, self.batch, self.crop, budgets
            ),
            weights="none" if trains_anew and self.weights == "auto" else self.weights,
            seeds=self.seeds,
            protocols=tuple(split_list(self.protocol)),
            mixed=self.mixed,
            self_ensemble=self.self_ensemble,
            precision=self.precision,
            source_noise=self.source_noise,
            target_noise=self.target_noise,
            start=self.start,
            oracle_checkpoint=self.oracle_checkpoint,
            channels=CHANNELS[self.channels] if self.channels else None,
        )


def refuse_lengths(weights: str, lengths: Iterable[str | int | None]) -> None:
    """Raise UserError for the length of a training where none is wanted."""
    if weights == "zoo" and any(length is not None for length in lengths):
        raise UserError(
            "--budget, --steps, --batch and --crop are of a training and --weights zoo trains"
            " nothing; give one of them"
        )


def _refuse_other(option: str, asked: str, known: Iterable[str]) -> None:
    *most, last = known
    if asked not in (*most, last):
        raise UserError(f"--{option} {asked}: give {', '.join(most)} or {last}")
