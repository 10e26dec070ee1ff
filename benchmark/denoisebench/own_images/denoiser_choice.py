"""Which denoiser a user's images get: a method, and bundled, given or freshly trained weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.noise.family import Noise
from denoisebench.planning.answers import reason_to_decline, tiling_of, why_no_weights
from denoisebench.planning.given_weights import GivenWeights
from denoisebench.planning.run_options import RunOptions
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Method, Task, TrainedMethod
from denoisebench.plugin.tiling import Tiling
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec


@dataclass(frozen=True, slots=True)
class ChosenDenoiser:
    """A method for a task, with its weights; None for a method that is not trained.

    remark: for the user, empty for nothing.
    """

    method: Method[Any]
    config: Any
    task: Task
    weights: Path | None
    label: str
    weights_sha256: str = ""
    remark: str = ""

    @property
    def tiling(self) -> Tiling | None:
        """How an image may be cut into tiles; None if it must be denoised as a whole."""
        return tiling_of(self.method, self.config, self.task)

    @property
    def levels(self) -> tuple[float, float]:
        """The lowest and the highest level that it was trained on, or takes."""
        if self.weights is None:
            family = self.task.noise.family
            return family.lowest, family.highest
        return self.task.noise.low, self.task.noise.high

    @property
    def has_one_level(self) -> bool:
        """Whether its weights were trained at one level."""
        return self.weights is not None and not self.task.noise.is_range

    @property
    def measures_noise(self) -> bool:
        """Whether its network was trained without levels: it goes by the noise that it sees."""
        return self.weights is not None and self.task.parameters == "unknown"

    def contrast(self, level: float) -> float:
        """How many times more contrast it is shown of an image with noise of a level, so that the
        noise has a level that it was trained on."""
        low, high = self.levels
        return min(max(level, low), high) / level

    def rank(self, level: float) -> tuple[int, float]:
        """The less, the better it is for a level.

        Weights of one level are better than those of a range, also where the image is shown with
        less contrast than usual; with more than `FAR` times as much they are worse.
        """
        contrast = self.contrast(level)
        if self.has_one_level:
            return (0 if contrast <= FAR else 2), contrast
        return 1, contrast


FAR = 1.5
"""How many times more contrast than usual weights of one level may be shown (docs/denoising.md)."""


def fitting_denoisers(
    registries: Registries, method: str | None, weights: str, noise: Noise, channels: int
) -> list[ChosenDenoiser]:
    """The denoisers of the family of `noise`, for gray (1) or colour (3) images; at least one.

    method: a spec; None for the default, or one that needs no weights where it has none that fit.
    weights: `auto` or `zoo` for bundled ones, `none`, or a file.  noise: the range of levels of a
    method that needs no weights.  Raises UserError where nothing fits.
    """
    if weights not in ("auto", "zoo", "none"):
        return [denoiser_of_file(registries, method, weights, noise, channels)]
    asked = method or DEFAULTS.denoiser
    found, config = registries.method(asked)
    if not isinstance(found, TrainedMethod):
        return [_untrained(found, config, noise, channels)]
    fitting = [] if weights == "none" else bundled_denoisers(registries, asked, noise, channels)
    if fitting:
        return fitting
    lack = f"{asked} has no weights for {CHANNEL_WORDS[channels]} {noise.family.name} noise"
    if method is not None or weights == "zoo":
        raise UserError(
            f"{lack}; give --weights train, a file, results/trainings/ID, or another --method"
        )
    simple, config = registries.method(DEFAULTS.denoiser_without_weights)
    chosen = _untrained(simple, config, noise, channels)
    return [replace(chosen, remark=f"{lack}; {simple.name} is used")]


def best_of(fitting: Sequence[ChosenDenoiser], level: float) -> ChosenDenoiser:
    """The one for noise of a level.

    fitting: at least one.
    """
    return min(fitting, key=lambda chosen: chosen.rank(level))


def _untrained(method: Method[Any], config: Any, noise: Noise, channels: int) -> ChosenDenoiser:
    task = Task(noise, "known", channels)
    reason = reason_to_decline(method, config, task)
    if reason is not None:
        raise UserError(f"{method.name} declines {noise.family.name} noise: {reason}")
    return ChosenDenoiser(method, config, task, None, str(config_spec(method.name, config)))


def bundled_denoisers(
    registries: Registries, method: str, noise: Noise, channels: int
) -> list[ChosenDenoiser]:
    """The denoisers of a method by each of its bundled weights that fit."""
    found, _ = registries.method(method)
    finder = _finder(registries, "zoo")
    return [
        denoiser_of_file(registries, method, str(path), noise, channels)
        for path in finder.bundled(found.name)
        if _is_for(registries, path, noise, channels)
    ]


def _is_for(registries: Registries, path: Path, noise: Noise, channels: int) -> bool:
    from denoisebench.training.weights_file import read_header

    recipe = read_header(path).recipe
    trained_on = registries.noise(recipe.noise)
    return (
        recipe.channels == channels
        and trained_on.family.name == noise.family.name
        and (noise.is_range or trained_on.low <= noise.low <= trained_on.high)
    )


def denoiser_of_file(
    registries: Registries, method: str | None, weights: str, noise: Noise, channels: int
) -> ChosenDenoiser:
    """The denoiser of a weights file.  UserError for one of another method, noise or channels."""
    given = named_weights(registries, weights)
    recipe = given.header.recipe
    found, config = registries.method(recipe.method if method is None else method)
    if not isinstance(found, TrainedMethod):
        raise UserError(f"--weights {weights}: {why_no_weights(found)}; leave it out")
    trained_on = registries.noise(recipe.noise)
    made, asked = (CHANNEL_WORDS[recipe.channels], CHANNEL_WORDS[channels])
    if recipe.channels != channels:
        raise UserError(f"weights {weights} are for {made} images; these are {asked}")
    if not trained_on.same_family(noise):
        raise UserError(f"weights {weights} are for {trained_on} noise, not for {noise}")
    task = Task(trained_on, recipe.parameters, channels)
    config, task = _finder(registries, weights).resolve(given, found, config, task)
    return ChosenDenoiser(
        found, config, task, given.path, _label(registries, found, given), given.sha256
    )


def _label(registries: Registries, method: Method[Any], given: GivenWeights) -> str:
    folder = registries.weights_folder(method.name)
    bundled = folder is not None and given.path.parent.resolve() == folder.resolve()
    return f"{method.name} {f'zoo:{given.path.stem}' if bundled else given.source}"


def named_weights(registries: Registries, weights: str) -> GivenWeights:
    """The weights of a file, or bundled ones by name.  Raises UserError if they cannot be read."""
    return _finder(registries, weights).named(weights, "--weights")


def _finder(registries: Registries, weights: str) -> WeightsFinder:
    options = RunOptions(weights=weights)
    return WeightsFinder(options.request((), registries.budgets), registries, lambda _: None)
