"""Noise2Score's network, loss and denoiser, for one config and task."""

from dataclasses import replace

import torch
from torch import Tensor

from denoisebench.nn import in_float32, multiple_of, run_padded
from denoisebench.plugin import Batch, Denoised, Model, TrainingStep
from noise2score import probe_schedule
from noise2score.config import Config
from noise2score.coordinate_base import Coordinate
from noise2score.coordinates import coordinate_of
from noise2score.level_estimate import Scene, estimate_level
from noise2score.loss import ardae_loss, paired_ardae_loss
from noise2score.probe_schedule import Span

WIDEN = 1.5
"""A rough level may lie outside the range trained on by this factor."""

SCALE = "scale"
"""The name of a whole image's rough level in `Model.measured`."""


class Learner:
    """A model in its coordinate.

    The network's input and output are scaled by the level it is given in training when the
    parameters are known, else a rough one that it measures in the very image it is shown.
    """

    def __init__(self, model: Model[Config]) -> None:
        self._model = model
        self.coordinate = coordinate_of(
            model.task.noise, model.config.coordinate, model.task.channels
        )
        self._told = model.task.parameters == "known"

    def scale(self, z: Tensor, level: Tensor | None) -> Tensor:
        """The level that scales the network: `level` if it is given, else measured in z, or in the
        whole image if z is a tile."""
        if level is not None:
            return level
        if SCALE in self._model.measured:
            return z.new_tensor(self._model.measured[SCALE])
        noise = self._model.task.noise
        return self.coordinate.rough_level(z).clamp(noise.low / WIDEN, noise.high * WIDEN)

    def score(self, z: Tensor, level: Tensor | None) -> Tensor:
        """The score at z, (B, C, H, W); H and W as the network takes them."""
        scale = self.scale(z, level)
        output: Tensor = self._model.network(self.coordinate.seen(z, scale)).float()
        return output / self.coordinate.unit(z, scale)

    def weight(self, z: Tensor, level: Tensor | None) -> Tensor | float:
        """The weights of the pixels' errors, see `Coordinate.weight`."""
        return self.coordinate.weight(z, self.scale(z, level))

    def score_of_image(self, y: Tensor, level: float | None) -> Tensor:
        """The score of z, gathered, at a noisy image (1, C, H, W) of any size.  level: see `scale`.

        Gathered in the padded image: the network takes what is beyond the border for more of it.
        """
        told = None if level is None else y.new_tensor(level)
        multiple = multiple_of(self._model.network)

        def gathered(z: Tensor) -> Tensor:
            return self.coordinate.gathered(self.score(z, told), self._probe)

        return run_padded(gathered, self.coordinate.of(y), multiple=multiple)

    def denoised(self, y: Tensor, score: Tensor, level: float) -> Tensor:
        """The clean image at a level, given `score_of_image`."""
        family = self._model.task.noise.family
        return self.coordinate.denoised(family, y, score, y.new_tensor(level), self._probe)

    @property
    def _probe(self) -> float:
        """The last probe, as far as denoising is to know of it."""
        return last_probe(self._model.config, self.coordinate) if self._told else 0.0


def batch_loss(
    model: Model[Config], batch: Batch, moment: TrainingStep, rng: torch.Generator
) -> Tensor:
    """The AR-DAE loss of each patch, (B,), in the coordinate, with the probe of this moment."""
    learner, config = Learner(model), model.config
    z = learner.coordinate.of(batch.noisy)
    scale, blind = learner.scale(z, batch.level), batch.level is None
    probe = probe_size(config, learner.coordinate, scale, moment, rng, blind)
    paired = config.probe == "paired"
    level = batch.level
    if level is not None and paired:
        level = level.repeat(2, 1, 1, 1)
    loss = paired_ardae_loss if paired else ardae_loss
    return loss(
        lambda v: learner.score(v, level),
        z,
        probe,
        rng,
        lambda v: learner.weight(v, level),
        learner.coordinate.drawn,
    )


def denoise_image(model: Model[Config], noisy: Tensor, level: float | None) -> Tensor | Denoised:
    """One network pass, then Tweedie's formula, at the level given or else estimated.

    Only `raw` Poisson weights, whose input is y/ζ, take a pass for every level tried.
    """
    learner, task = Learner(model), model.task
    fixed = model.config.coordinate == "raw" and learner.coordinate.in_counts
    if level is not None:
        scaled = level if fixed or task.parameters == "known" else None
        return learner.denoised(noisy, learner.score_of_image(noisy, scaled), level)

    score = None if fixed else learner.score_of_image(noisy, None)

    def denoise_at(guess: float) -> Tensor:
        known = learner.score_of_image(noisy, guess) if score is None else score
        return learner.denoised(noisy, known, guess)

    def score_near(y: Tensor) -> Tensor:
        scaled = task.noise.middle if fixed else None
        with in_float32(model.network):  # what counts is how little it changes
            return learner.coordinate.score_of_y(y, learner.score_of_image(y, scaled))

    unit_std = float(learner.coordinate.noise_std(noisy.new_tensor(1.0)))
    scene = Scene(task.noise, noisy, denoise_at, score_near, score, unit_std)
    estimate = estimate_level(model.config.estimate, scene)
    return Denoised(denoise_at(estimate), estimate)


def for_tiles_of(model: Model[Config], noisy: Tensor) -> Model[Config]:
    """The model with the level that scales its network where it denoises all of `noisy`."""
    if model.task.parameters == "known":
        return model
    learner, multiple = Learner(model), multiple_of(model.network)
    z = learner.coordinate.of(noisy)
    scale = run_padded(lambda z: learner.scale(z, None).expand_as(z), z, multiple=multiple)
    return replace(model, measured={SCALE: float(scale[0, 0, 0, 0])})


def for_level(model: Model[Config], level: float) -> Model[Config]:
    """The model with its network scaled by a level that is known, not by one that is measured: flat
    regions and few counts make the measured one too small."""
    return model if model.task.parameters == "known" else replace(model, measured={SCALE: level})


def probe_size(
    config: Config,
    coordinate: Coordinate,
    level: Tensor,
    moment: TrainingStep,
    rng: torch.Generator,
    blind: bool = False,
) -> Tensor:
    """The probe's size along z for each patch of this moment, (B, 1, 1, 1).  blind: whether the
    network is given no level."""
    unit = coordinate.probe_unit(level)
    published = unit if coordinate.in_counts else torch.ones_like(unit)
    counts = coordinate.in_counts
    if config.schedule == "geometric":
        if blind and coordinate.blind_span and not config.probe_start:
            return unit * probe_schedule.mixed(coordinate.blind_span, len(level), rng)
        return unit * probe_schedule.geometric(_span(config, coordinate), moment)
    if config.schedule == "paper":
        span = probe_schedule.PAPER_COUNTS if counts else probe_schedule.PAPER
        return published * probe_schedule.linear(span, moment)
    if config.schedule == "sawtooth":
        span = probe_schedule.CODE_COUNTS if counts else probe_schedule.CODE
        return published * probe_schedule.sawtooth(span, moment)
    span = probe_schedule.SUCCESSOR_POISSON if counts else probe_schedule.SUCCESSOR
    return probe_schedule.mixed(span, len(level), rng)


def last_probe(config: Config, coordinate: Coordinate) -> float:
    """The last probe in `probe_unit`, as far as Tweedie's formula is to know of it: the published
    schedules end at next to nothing, or have no last probe."""
    return _span(config, coordinate).end if config.schedule == "geometric" else 0.0


def _span(config: Config, coordinate: Coordinate) -> Span:
    if config.probe_start:
        return Span(config.probe_start, config.probe_end)
    return coordinate.span
