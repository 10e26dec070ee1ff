"""The options of the command line as a request."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast, get_args

from denoisebench.budgets import get_budget
from denoisebench.cli.shared.options import BUDGET, CHANNELS, NOISE, TRAIN_SETS, Asked
from denoisebench.errors import UserError
from denoisebench.noise.level_knowledge import Knowledge
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Draws
from denoisebench.specs import split_list

if TYPE_CHECKING:
    pass


def make_request(asked: Asked, methods: Sequence[str]) -> Request:
    """The options as a request.  Raises UserError for those that contradict."""
    parameters = split_list(asked.parameters)
    for item in parameters:
        if item not in get_args(Knowledge):
            raise UserError(
                f"--parameters {item}: give known, unknown or oracle, or several as known,unknown"
            )
    budget = get_budget(asked.budget or BUDGET, asked.steps, asked.batch, asked.crop)
    lengths = (asked.budget, asked.steps, asked.batch, asked.crop)
    refuse_lengths(asked.weights, lengths)
    trains_anew = asked.oracle_checkpoint or any(x is not None for x in (*lengths, asked.start))
    if asked.oracle_checkpoint and asked.weights not in ("auto", "none"):
        raise UserError("--oracle-checkpoint is of a training, which --weights replaces; give one")
    if asked.start is not None and asked.weights not in ("auto", "none"):
        raise UserError("--start begins a training and --weights takes its place; give one of them")
    return Request(
        methods=tuple(methods),
        noises=tuple(split_list(NOISE if asked.noise is None else asked.noise)),
        own_noise=asked.noise is None,
        parameters=cast(tuple[Knowledge, ...], tuple(parameters)),
        datasets=tuple(split_list(asked.datasets)),
        train_sets=(asked.train_set,) if asked.train_set else TRAIN_SETS,
        clean_set=asked.clean_set,
        draws=cast(Draws, asked.draws),
        budget=budget,
        weights="none" if trains_anew and asked.weights == "auto" else asked.weights,
        seeds=asked.seeds,
        protocols=tuple(split_list(asked.protocol)),
        mixed=asked.mixed,
        self_ensemble=asked.self_ensemble,
        precision=asked.precision,
        source_noise=asked.source_noise,
        target_noise=asked.target_noise,
        start=asked.start,
        oracle_checkpoint=asked.oracle_checkpoint,
        channels=CHANNELS[asked.channels] if asked.channels else None,
    )


def refuse_lengths(weights: str, lengths: Iterable[str | int | None]) -> None:
    """Raise UserError for the length of a training where none is wanted."""
    if weights == "zoo" and any(length is not None for length in lengths):
        raise UserError(
            "--budget, --steps, --batch and --crop are of a training and --weights zoo trains"
            " nothing; give one of them"
        )
