"""Existing weights: found, read, and used instead of a training."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from denoisebench.documents import typed
from denoisebench.errors import UserError, unknown_name
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.planning.answers import config_as_trained, evidence_of
from denoisebench.planning.given_weights import ZOO, GivenWeights
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Evidence, Method, Task, TrainedMethod
from denoisebench.plugin.recipe import Recipe
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec, parse_spec
from denoisebench.training.recipe import HALF
from denoisebench.training.weights_file import file_hash, read_header, weights_file

_LEAST = frozenset({Evidence.NOTHING, Evidence.NOISY})
_WITHIN: Mapping[Evidence, frozenset[Evidence]] = {
    Evidence.NOTHING: frozenset({Evidence.NOTHING}),
    Evidence.IMAGE: frozenset({Evidence.NOTHING}),
    Evidence.NOISY: _LEAST,
    Evidence.NOISY_PAIRS: _LEAST | {Evidence.NOISY_PAIRS},
    Evidence.UNPAIRED: _LEAST | {Evidence.UNPAIRED},
    Evidence.CLEAN: frozenset(Evidence),
}
"""Other evidence of a training that has seen no more.  Second noisy copies and clean
images of other scenes are not within each other."""


@dataclass(frozen=True, slots=True)
class WeightsFinder:
    """Finds the weights that a request names, or bundled ones.  note: takes remarks."""

    request: Request
    registries: Registries
    note: Callable[[str], None]

    def find(self, method: TrainedMethod[Any], config: Any, task: Task) -> GivenWeights | None:
        """The weights to use instead of a training, if any.

        Raises UserError for a file that cannot be read, and for a bundled one that is damaged.
        """
        if self.request.weights == "none":
            return None
        if self.request.weights in ("auto", "zoo"):
            return self._that_fit(method, config, task)
        given = self.named(self.request.weights, "--weights")
        if given.source.startswith(ZOO):  # the label that they have where they are found
            given = replace(given, source=f"{ZOO}{given.path.stem}")
        if given.imported:
            self.note(
                f"weights {given.source} were imported: their training images are unknown, so"
                " images that are scored may be among them"
            )
        return given

    def lack(self, method: Method[Any], config: Any, task: Task) -> str:
        """In words: the task that no bundled weights of a method fit, and which it has."""
        request = self.request
        sets = " or ".join((*request.train_sets, *request.weights_of))
        there = ", ".join(path.stem for path in self.bundled(method.name))
        return (
            f"{config_spec(method.name, config)} for {task.noise}, parameters {task.parameters},"
            f" {CHANNEL_WORDS[task.channels]}, {request.draws} draws, trained on {sets}, seed"
            f" {','.join(map(str, request.seeds))} (it has {there or 'none'})"
        )

    def bundled(self, method: str) -> Sequence[Path]:
        """The weights files of a method's package."""
        folder = self.registries.weights_folder(method)
        return sorted(folder.glob("*.safetensors")) if folder else []

    def frozen(self, recipe: str) -> GivenWeights:
        """The bundled weights of a recipe.

        Raises UserError if there is no such recipe, and if its file is missing or damaged.
        """
        path = self.registries.bundled_file(self.registries.recipe(recipe))
        return self._read(path, f"{ZOO}{path.stem}")

    def named(self, named: str, option: str) -> GivenWeights:
        """The weights that an option names: by a file (see `weights_file`), or by a recipe of
        `bench zoo list`, whose weights are bundled or were trained here.

        Raises UserError for a file that cannot be read, and for a name that has no weights.
        """
        path, recipe = weights_file(named), self.registries.recipes.get(named)
        if recipe is not None and not path.exists():
            return self._of_recipe(recipe, option)
        method, _, stem = named.partition("/")
        if stem and method in self.registries.methods and not path.exists():
            there = [f"{method}/{file.stem}" for file in self.bundled(method)]
            raise unknown_name("bundled weights", named, there)
        return self._read(path, named)

    def start(self, evidence: Evidence, task: Task) -> GivenWeights | None:
        """The weights that trainings begin with, if any were named.

        Raises UserError for weights that saw more than a training on `evidence` may, or of another
        number of channels.
        """
        if self.request.start is None:
            return None
        given = self.named(str(self.request.start), "--start")
        recipe = given.header.recipe
        if recipe.channels != task.channels:
            made, asked = CHANNEL_WORDS[recipe.channels], CHANNEL_WORDS[task.channels]
            raise UserError(f"weights {given.path} are for {made} images; the data set is {asked}")
        method, config = self.registries.method(recipe.method)
        seen = evidence_of(method, config)
        if seen not in _WITHIN[evidence]:
            raise UserError(
                f"--start {given.path}: {method.name} saw {seen.value}; what is trained from it may"
                f" see {evidence.value} alone"
            )
        if given.imported:
            self.note(
                f"weights {given.source} were imported: their training images are unknown, so"
                " it is unknown too what a training that begins with them has seen"
            )
        return given

    def _of_recipe(self, recipe: Recipe, option: str) -> GivenWeights:
        """The weights of a recipe: bundled, or trained here."""
        trained = Path("results", "zoo", recipe.method, f"{recipe.stem}.safetensors")
        if recipe.sha256 is None and trained.exists():
            return self._read(trained, recipe.name)
        if recipe.sha256 is None:
            raise UserError(
                f"{option} {recipe.name}: its weights are not bundled; `bench zoo train"
                f" {recipe.name}` trains them"
            )
        return self._read(self.registries.bundled_file(recipe), f"{ZOO}{recipe.name}")

    def _that_fit(self, method: TrainedMethod[Any], config: Any, task: Task) -> GivenWeights | None:
        """The bundled weights that are exactly what a training would yield; else, where they will
        do, those of a range that the level lies in."""
        within = None
        for given in self._for_the_images(method, config, task):
            recipe = given.header.recipe
            exact = recipe.noise == str(task.noise) and recipe.parameters == task.parameters
            if (exact or self._holds(given, task)) and self._of_the_seeds(given):
                if exact:
                    return given
                within = within or given
        return within

    def _holds(self, given: GivenWeights, task: Task) -> bool:
        """Whether the level of a task lies within what weights were trained on, and will do."""
        noise = self.registries.noise(given.header.recipe.noise)
        holds = noise.same_family(task.noise) and noise.low <= task.noise.low <= noise.high
        return self.request.level_within and task.parameters == "known" and holds

    def _for_the_images(
        self, method: TrainedMethod[Any], config: Any, task: Task
    ) -> Iterator[GivenWeights]:
        """The bundled weights that fit a task but for the noise and whether its level is known."""
        unpaired = evidence_of(method, config) is Evidence.UNPAIRED
        clean_set = self.request.clean_set or HALF if unpaired else None
        for path in self.bundled(method.name):
            sha256 = self._checked_hash(path)
            try:
                given = GivenWeights(f"{ZOO}{path.stem}", path, sha256, read_header(path))
            except UserError as error:
                self.note(f"left out: {error}")
                continue
            recipe = given.header.recipe
            fits = (
                parse_spec(recipe.method).name == method.name
                and _config(method, given) == config_as_trained(method, config)
                and recipe.draws == self.request.draws
                and recipe.train_set in (*self.request.train_sets, *self.request.weights_of)
                and recipe.clean_set == clean_set
                and recipe.channels == task.channels
                and recipe.target_noise == (str(task.target_noise) if task.target_noise else None)
                and (recipe.start is None or self._begun_by_recipe(method.name, path))
                and recipe.checkpoint is None
            )
            if fits:
                yield given

    def _begun_by_recipe(self, method: str, path: Path) -> bool:
        """Whether the recipe of a bundled file says what it began with."""
        recipe = self.registries.recipes.get(f"{method}/{path.stem}")
        return recipe is not None and recipe.start is not None

    def _read(self, path: Path, source: str) -> GivenWeights:
        return GivenWeights(source, path, self._checked_hash(path), read_header(path))

    def _checked_hash(self, path: Path) -> str:
        """SHA-256 of a weights file.  UserError for a bundled one that its recipe does not name."""
        sha256 = file_hash(path)
        for recipe in self.registries.recipes.values():
            if recipe.stem != path.stem or recipe.sha256 in (None, sha256):
                continue
            folder = self.registries.weights_folder(recipe.method)
            if folder is not None and path.resolve() == (folder / path.name).resolve():
                raise UserError(
                    f"weights {path} are damaged, or another file than recipe {recipe.name} names"
                    " (the SHA-256 differs); install the package anew, or give --weights none to"
                    " train"
                )
        return sha256

    def _of_the_seeds(self, given: GivenWeights) -> bool:
        """Whether weights are of the one seed that is asked for.

        If several seeds are asked for, each is trained, so that all take the same budget.
        """
        seed, seeds = given.header.recipe.seed, self.request.seeds
        if len(seeds) > 1 and seed in seeds:
            self.note(f"{given.source} is of seed {seed} alone: each of the seeds is trained")
        return seeds == (seed,)

    def resolve(
        self, given: GivenWeights, method: TrainedMethod[Any], config: Any, task: Task
    ) -> tuple[Any, Task]:
        """The config and task that given weights were made for.  UserError when they cannot do."""
        recipe = given.header.recipe
        spec = parse_spec(recipe.method)
        if spec.name != method.name:
            raise UserError(f"weights {given.path} are of {spec.name}, not of {method.name}")
        if recipe.channels != task.channels:
            made, asked = CHANNEL_WORDS[recipe.channels], CHANNEL_WORDS[task.channels]
            raise UserError(f"weights {given.path} are for {made} images; the data set is {asked}")
        theirs = _config(method, given)
        if theirs is None:
            raise UserError(f"weights {given.path} are of another version of {method.name}")
        if config_as_trained(method, config) != config_as_trained(method, theirs):
            if config != method.config_type():
                raise UserError(
                    f"weights {given.path} were made with {config_spec(method.name, theirs)};"
                    " leave settings out"
                )
            config = theirs
        if recipe.noise != str(task.noise):
            self.note(f"weights {given.source} were trained on {recipe.noise} noise")
        if recipe.parameters != task.parameters:
            if task.parameters == "unknown":
                raise UserError(
                    f"weights {given.path} were trained for a given level; give --parameters known"
                )
            self.note(f"weights {given.source} were trained without levels and are given them here")
        noise = self.registries.noise(recipe.noise)
        return config, Task(noise, recipe.parameters, recipe.channels)


def _config(method: TrainedMethod[Any], given: GivenWeights) -> Any:
    """The config that weights were made with; settings newer than the weights are at their
    defaults.  None when the method has no such config."""
    config, known = given.header.recipe.config, {f.name for f in fields(method.config_type)}
    try:
        return typed(config, method.config_type) if config.keys() <= known else None
    except ValueError:
        return None
