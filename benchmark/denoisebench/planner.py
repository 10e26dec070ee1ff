"""From what was asked to a plan.

Imports no torch: a comparison that is finished already prints at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from denoisebench.budgets import Budget
from denoisebench.errors import UserError
from denoisebench.images import CHANNEL_WORDS, GRAY, ImageSet
from denoisebench.interfaces import Evidence, Method, Parameters, Task, TrainedMethod
from denoisebench.noise.model import Noise
from denoisebench.overlap import refuse_overlap
from denoisebench.plan import (
    RECIPE_VERSION,
    TRANSDUCTIVE,
    CellPlan,
    GivenWeights,
    Plan,
    Request,
    TrainingPlan,
    hash_of,
)
from denoisebench.plugins import Registries, class_source_hash, plugin_file
from denoisebench.protocol import get_protocol
from denoisebench.specs import config_spec, parse_spec
from denoisebench.weights import file_hash, read_header

NEEDED_OF_A_RECIPE = (
    *("method", "config", "noise", "parameters", "draws", "train_set", "channels", "budget"),
)
"""What given weights must say of themselves."""


def make_plan(request: Request, registries: Registries) -> Plan:
    """Resolve a request.  Raises UserError for anything unknown, misspelt or refused."""
    return _Planner(request, registries).plan()


class _Planner:
    def __init__(self, request: Request, registries: Registries) -> None:
        self._request, self._registries = request, registries
        self._image_sets = [registries.image_set(text) for text in request.datasets]
        self._notes: dict[str, None] = {}  # in order, each once
        self._declined: dict[tuple[str, str, str], None] = {}

    def plan(self) -> Plan:
        request, registries = self._request, self._registries
        methods = [registries.method(text) for text in request.methods]
        noises = [registries.noise(text) for text in request.noises]
        _refuse_doubles([str(config_spec(method.name, config)) for method, config in methods])
        _refuse_doubles([str(noise) for noise in noises])
        _refuse_doubles([image_set.spec for image_set in self._image_sets])
        cells = [
            cell
            for noise in noises
            for parameters in request.parameters
            for image_set in self._image_sets
            for method, config in methods
            for cell in self._cell(method, config, noise, parameters, image_set)
        ]
        return Plan(tuple(cells), tuple(self._declined), tuple(self._notes))

    def _cell(
        self,
        method: Method[Any],
        config: Any,
        noise: Noise,
        parameters: Parameters,
        image_set: ImageSet,
    ) -> Iterable[CellPlan]:
        """The cell, or nothing when the method declines."""
        trained_on = noise if parameters == "known" else noise.blind()
        task = Task(trained_on, parameters, image_set.channels)
        given = None
        if method.evidence(config) is not Evidence.NOTHING:
            given = self._given(method, config, task)
        if given is not None:
            config, task = self._adopt(given, method, config, task)
        reason = method.declines(config, task)
        if reason is None and self._request.transductive:
            reason = _refuses_transductive(method.evidence(config))
        if reason is not None:
            what = f"{noise} {parameters}"
            self._declined[str(config_spec(method.name, config)), what, reason] = None
            return
        training = None
        if given is None and method.evidence(config) is not Evidence.NOTHING:
            training = self._training(method, config, task, image_set)
        yield CellPlan(
            method=method,
            config=config,
            task=task,
            noise=noise,
            image_set=image_set,
            protocol=get_protocol(self._request.protocol),
            seed=self._request.seed,
            labels=_labels(method, config, training, given),
            source=self._source(method, noise),
            training=training,
            given=given,
        )

    def _training(
        self, method: Method[Any], config: Any, task: Task, image_set: ImageSet
    ) -> TrainingPlan:
        request = self._request
        assert isinstance(method, TrainedMethod)  # a method with evidence is one
        if request.transductive:
            name, train_set = TRANSDUCTIVE, image_set
        else:
            name = self._train_set_name
            train_set = self._train_set(name, task.channels)
            for other in self._image_sets:
                refuse_overlap(train_set, other)
        recipe = {
            "version": RECIPE_VERSION,
            "method": str(config_spec(method.name, config)),
            "config": asdict(config),
            "learning_rate": method.learning_rate,
            "source": self._source(method, task.noise),
            "noise": str(task.noise),
            "parameters": task.parameters,
            "draws": request.draws,
            "train_set": name,
            "train_digest": train_set.digest,
            "channels": task.channels,
            "budget": asdict(request.budget) | {"name": ""},
            "seed": request.seed,
        }
        evidence = method.evidence(config)
        return TrainingPlan(recipe, method, config, task, train_set, evidence, request.budget)

    def _source(self, method: Method[Any], noise: Noise) -> str:
        hashes = [self._registries.method_source_hash(method.name), class_source_hash(noise.family)]
        return hash_of({"sources": hashes})

    @cached_property
    def _train_set_name(self) -> str:
        """The first training set that is at hand, else the last; what is passed over is noted."""
        *preferred, last = self._request.train_sets
        for name in preferred:
            source, spec = self._registries.source(name)
            if source.at_hand(spec):
                return name
            self._notes[
                f"training set {name} is not on this machine (`bench datasets fetch {name}` brings"
                f" it); training uses {last}"
            ] = None
        return last

    def _train_set(self, name: str, channels: int) -> ImageSet:
        train_set = self._registries.image_set(name)
        if channels == train_set.channels:
            return train_set
        if channels == GRAY:
            return train_set.gray(train_set.spec)
        raise UserError(
            f"training set {train_set.spec} is gray and a data set is colour;"
            " give a colour training set"
        )

    def _given(self, method: Method[Any], config: Any, task: Task) -> GivenWeights | None:
        """The weights to use instead of a training, if any."""
        request = self._request
        if request.weights == "none":
            return None
        if request.weights != "auto":
            return _read_given(Path(request.weights), request.weights)
        for path in self._zoo(method.name):
            try:
                given = _read_given(path, f"zoo:{path.stem}")
            except UserError as error:
                self._notes[f"left out: {error}"] = None
                continue
            recipe = given.header.recipe
            fits = (
                parse_spec(recipe["method"]).name == method.name
                and recipe["config"] == asdict(config)
                and recipe["noise"] == str(task.noise)
                and recipe["parameters"] == task.parameters
                and recipe["draws"] == request.draws
                and recipe["train_set"] in request.train_sets
                and recipe["channels"] == task.channels
            )
            if fits:
                return given
        return None

    def _zoo(self, method: str) -> Sequence[Path]:
        """The weights that came with a method, if its plugin is a package."""
        file = plugin_file(self._registries.origins[f"method {method}"])
        if file.name != "__init__.py":
            return []
        return sorted((file.parent / "weights").glob("*.safetensors"))

    def _adopt(
        self, given: GivenWeights, method: Method[Any], config: Any, task: Task
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
        if config not in (theirs, method.config_type()):
            made_with = config_spec(method.name, theirs)
            raise UserError(f"weights {given.path} were made with {made_with}; leave settings out")
        if recipe["noise"] != str(task.noise):
            self._notes[f"weights {given.source} were trained on {recipe['noise']} noise"] = None
        if recipe["parameters"] != task.parameters:
            raise UserError(
                f"weights {given.path} were trained with {recipe['parameters']} parameters;"
                f" give --parameters {recipe['parameters']}"
            )
        noise = self._registries.noise(recipe["noise"])
        return theirs, Task(noise, recipe["parameters"], recipe["channels"])


def _refuse_doubles(specs: Sequence[str]) -> None:
    """Raise UserError when a spec is there twice, in whatever words it was asked for."""
    for spec in specs:
        if specs.count(spec) > 1:
            raise UserError(f"{spec} is named twice")


def _read_given(path: Path, source: str) -> GivenWeights:
    header = read_header(path)
    missing = [key for key in NEEDED_OF_A_RECIPE if key not in header.recipe]
    if missing:
        raise UserError(
            f"weights {path}: the recipe in its header lacks {', '.join(missing)};"
            " give a .safetensors file that a training wrote"
        )
    return GivenWeights(source, path, file_hash(path), header)


def _refuses_transductive(evidence: Evidence) -> str | None:
    if evidence in (Evidence.NOTHING, Evidence.NOISY):
        return None
    return f"--train-set test shows the scored noisy images alone; it needs {evidence.value}"


def _labels(
    method: Method[Any], config: Any, training: TrainingPlan | None, given: GivenWeights | None
) -> dict[str, str]:
    """What a result says of where its denoiser comes from."""
    evidence = method.evidence(config).value
    if training is None and given is None:
        return {"evidence": evidence, "draws": "", "train_set": "", "budget": "", "weights": "none"}
    recipe = training.recipe if training else given.header.recipe if given else {}
    budget = Budget(**recipe["budget"])
    train_set = str(recipe["train_set"])
    return {
        "evidence": evidence,
        "draws": str(recipe["draws"]),
        "train_set": "test (transductive)" if train_set == TRANSDUCTIVE else train_set,
        "budget": training.budget.name if training else f"{budget.megapixels:.0f} Mpx",
        "weights": given.source if given else "trained",
    }
