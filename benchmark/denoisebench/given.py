"""Weights that are there already: found, read, and taken in place of a training."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from denoisebench.errors import UserError
from denoisebench.images import CHANNEL_WORDS
from denoisebench.interfaces import Task, TrainedMethod
from denoisebench.plan import GivenWeights, Request
from denoisebench.plugins import Registries, plugin_file
from denoisebench.specs import config_spec, parse_spec
from denoisebench.weights import file_hash, read_header

NEEDED_OF_A_RECIPE = (
    *("method", "config", "noise", "parameters", "draws", "train_set", "channels"),
)
"""What given weights must say of themselves, beside the budget, or that they were imported."""


@dataclass(frozen=True, slots=True)
class WeightsFinder:
    """Finds the weights that a request names or that came with a method.  note: takes remarks."""

    request: Request
    registries: Registries
    note: Callable[[str], None]

    def find(self, method: TrainedMethod[Any], config: Any, task: Task) -> GivenWeights | None:
        """The weights to use instead of a training, if any."""
        if self.request.weights == "none":
            return None
        if self.request.weights == "auto":
            return self._that_fit(method, config, task)
        given = _read(Path(self.request.weights), self.request.weights)
        if given.imported:
            self.note(
                f"weights {given.source} were imported: what they were trained on is unknown, so"
                " nobody can check that it holds none of the images they are scored on"
            )
        return given

    def _that_fit(self, method: TrainedMethod[Any], config: Any, task: Task) -> GivenWeights | None:
        """Those that came with the method and are what a training would yield."""
        for path in self._zoo(method.name):
            try:
                given = _read(path, f"zoo:{path.stem}")
            except UserError as error:
                self.note(f"left out: {error}")
                continue
            recipe = given.header.recipe
            fits = (
                parse_spec(recipe["method"]).name == method.name
                and recipe["config"] == asdict(method.trained_as(config))
                and recipe["noise"] == str(task.noise)
                and recipe["parameters"] == task.parameters
                and recipe["draws"] == self.request.draws
                and recipe.get("seed") == self.request.seed
                and recipe["train_set"] in self.request.train_sets
                and recipe["channels"] == task.channels
            )
            if fits:
                return given
        return None

    def _zoo(self, method: str) -> Sequence[Path]:
        """The weights that came with a method, if its plugin is a package."""
        file = plugin_file(self.registries.origins[f"method {method}"])
        if file.name != "__init__.py":
            return []
        return sorted((file.parent / "weights").glob("*.safetensors"))

    def adopt(
        self, given: GivenWeights, method: TrainedMethod[Any], config: Any, task: Task
    ) -> tuple[Any, Task]:
        """The config and task that given weights were made for.  UserError when they cannot do."""
        recipe = given.header.recipe
        spec = parse_spec(recipe["method"])
        if spec.name != method.name:
            raise UserError(f"weights {given.path} are of {spec.name}, not of {method.name}")
        if recipe["channels"] != task.channels:
            made, asked = CHANNEL_WORDS[recipe["channels"]], CHANNEL_WORDS[task.channels]
            raise UserError(f"weights {given.path} are for {made} images; the data set is {asked}")
        try:
            theirs = method.config_type(**recipe["config"])
        except (TypeError, ValueError) as error:
            raise UserError(f"weights {given.path} are of another {method.name}: {error}") from None
        if method.trained_as(config) != method.trained_as(theirs):
            if config != method.config_type():
                raise UserError(
                    f"weights {given.path} were made with {config_spec(method.name, theirs)};"
                    " leave settings out"
                )
            config = theirs
        if recipe["noise"] != str(task.noise):
            self.note(f"weights {given.source} were trained on {recipe['noise']} noise")
        if recipe["parameters"] != task.parameters:
            if task.parameters == "unknown":
                raise UserError(
                    f"weights {given.path} were trained for a level they are told;"
                    " give --parameters known"
                )
            self.note(f"weights {given.source} were trained without levels, and are told them here")
        noise = self.registries.noise(recipe["noise"])
        return config, Task(noise, recipe["parameters"], recipe["channels"])


def _read(path: Path, source: str) -> GivenWeights:
    given = GivenWeights(source, path, file_hash(path), read_header(path))
    needed = NEEDED_OF_A_RECIPE if given.imported else (*NEEDED_OF_A_RECIPE, "budget")
    missing = [key for key in needed if key not in given.header.recipe]
    if missing:
        raise UserError(
            f"weights {path}: the recipe in its header lacks {', '.join(missing)};"
            " give a .safetensors file that a training wrote"
        )
    return given
