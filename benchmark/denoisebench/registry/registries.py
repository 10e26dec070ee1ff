"""Everything the plugins offer, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from denoisebench.budgets import Budget
from denoisebench.errors import UserError, unknown_name
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.image_set import ImageSet
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.spread import noise_of
from denoisebench.plugin.executor import Crew, Executor
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.method import Method
from denoisebench.plugin.metric import Metric
from denoisebench.plugin.preset import Preset
from denoisebench.plugin.published import PublishedFigure, PublishedTable
from denoisebench.plugin.recipe import Recipe
from denoisebench.plugin.report import Report
from denoisebench.plugin.tracker import Tracker
from denoisebench.registry.packages import files_of, package_file, package_of
from denoisebench.registry.source_hash import SourceHasher
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import parse_protocol
from denoisebench.specs import Spec, build_config, parse_spec


@dataclass(frozen=True)
class Registries:
    """Everything the plugins offer, in the order of names; published tables the suite's first.
    `broken` says which plugins did not load, and why."""

    noises: Mapping[str, NoiseFamily]
    image_sets: Mapping[str, ImageSource]
    methods: Mapping[str, Method[Any]]
    reports: Mapping[str, Report]
    presets: Mapping[str, Preset]
    protocols: Mapping[str, Protocol]
    budgets: Mapping[str, Budget]
    recipes: Mapping[str, Recipe]
    trackers: Mapping[str, Tracker]
    executors: Mapping[str, Executor]
    metrics: Mapping[str, Metric]
    published: Mapping[str, PublishedTable]
    origins: Mapping[str, object]  # "method noise2score" -> the plugin it came from
    foreign: Mapping[str, str]  # the same of plugins that are not the suite's -> their names
    broken: Mapping[str, str]

    def noise(self, text: str) -> Noise:
        """The noise model of a spec."""
        spec = parse_spec(text)
        family: NoiseFamily = self._find("noise model", self.noises, spec)
        return noise_of(family, spec)

    def source(self, text: str) -> tuple[ImageSource, Spec]:
        """The image source of a spec, and the spec, parsed."""
        spec = parse_spec(text)
        return self._find("data set", self.image_sets, spec), spec

    def image_set(self, text: str, channels: int | None = None) -> ImageSet:
        """The image set of a spec, opened; in gray or colour if `channels` says so.

        Raises UserError for a set that is not so and has no such version.
        """
        source, spec = self.source(text)
        image_set = source.open(spec)
        if channels is None or image_set.channels == channels:
            return image_set
        version = source.version(spec, channels)
        if version is None:
            has, asked = CHANNEL_WORDS[image_set.channels], CHANNEL_WORDS[channels]
            raise UserError(
                f"data set {image_set.spec} is {has} and has no version for --channels {asked};"
                f" give a {asked} set"
            )
        return self.image_set(str(version))

    def method(self, text: str) -> tuple[Method[Any], Any]:
        """The method of a spec, and its config."""
        spec = parse_spec(text)
        method = self._find("method", self.methods, spec)
        return method, build_config(method.config_type, spec)

    def protocol(self, text: str) -> Protocol:
        """The protocol of a spec."""
        return parse_protocol(text, self.protocols)

    def report(self, name: str) -> Report:
        """The report of a name."""
        report: Report = self._find("report", self.reports, Spec(name))
        return report

    def preset(self, name: str) -> Preset:
        """The preset of a name."""
        preset: Preset = self._find("preset", self.presets, Spec(name))
        return preset

    def recipe(self, name: str) -> Recipe:
        """The recipe of a name."""
        if name not in self.recipes:
            raise unknown_name("recipe", name, self.recipes)
        return self.recipes[name]

    def metric(self, name: str) -> Metric:
        """The metric of a name."""
        metric: Metric = self._find("metric", self.metrics, Spec(name))
        return metric

    def tracker(self, name: str) -> Tracker:
        """The tracker of a name."""
        tracker: Tracker = self._find("tracker", self.trackers, Spec(name))
        return tracker

    def crew(self, text: str) -> Crew | None:
        """The workers of a spec; a number is short for `processes:N`.  None for 1: this process."""
        if text == "1":
            return None
        spec = parse_spec(f"processes:{text}" if text.isdecimal() else text)
        executor: Executor = self._find("kind of --workers", self.executors, spec)
        return executor.crew(spec)

    @cached_property
    def published_figures(self) -> Mapping[str, Sequence[PublishedFigure]]:
        """The figures of each published table, by its name; under the specs that results have.

        Raises UserError for a file that is not as it should be.
        """
        return {name: self._figures(table) for name, table in self.published.items()}

    def _figures(self, table: PublishedTable) -> Sequence[PublishedFigure]:
        from denoisebench.registry.published import checked_figures

        return checked_figures(table, self.noises, self.image_sets, self.protocols)

    def weights_folder(self, method: str) -> Path | None:
        """The folder of a method's bundled weights; None if its plugin is not a package, or if
        there is no such method."""
        if method not in self.methods:
            return None
        file = package_file(package_of(self.origins[f"method {method}"]))
        return file.parent / "weights" if file.name == "__init__.py" else None

    def bundled_file(self, recipe: Recipe) -> Path:
        """The bundled file of a recipe.  Raises UserError if none is bundled."""
        folder = self.weights_folder(recipe.method)
        if recipe.sha256 is None or folder is None:
            raise UserError(
                f"no weights of recipe {recipe.name} are bundled; `bench zoo list` says which are"
            )
        return folder / f"{recipe.stem}.safetensors"

    def modules_of(self, method: str) -> tuple[str, ...]:
        """The modules of a method's plugin."""
        return tuple(files_of(package_of(self.origins[f"method {method}"])))

    def _find(self, kind: str, registry: Mapping[str, Any], spec: Spec) -> Any:
        if spec.name not in registry:
            raise unknown_name(kind, spec.name, registry)
        return registry[spec.name]

    def source_hash(
        self, method: str, family: NoiseFamily, built_from: tuple[str, ...] = ()
    ) -> str:
        """SHA-256 (hex) of what the plugin of a method, the modules that its config adds to it, and
        a noise family compute."""
        package = package_of(self.origins[f"method {method}"])
        others = (type(family).__module__, *built_from)
        if (package, others) not in self._source_hashes:
            self._source_hashes[package, others] = self._hasher.of([*files_of(package), *others])
        return self._source_hashes[package, others]

    @cached_property
    def _source_hashes(self) -> dict[tuple[str, tuple[str, ...]], str]:
        return {}

    @cached_property
    def _hasher(self) -> SourceHasher:
        kinds = ("method ", "noise model ")
        packages = {package_of(self.origins[key]) for key in self.origins if key.startswith(kinds)}
        return SourceHasher(packages - {"denoisebench"})
