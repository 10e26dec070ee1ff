"""Finding plugins and making the registries: a dict per kind, in name order, that refuses doubles.

Plugins come from the entry-point group `denoisebench` and from `--plugin FILE_OR_MODULE`.  Each
loads in isolation: one that raises is reported by name and disables only itself.  What pluggy does
not promise is added here: order by name, doubles refused with both plugins named, misspelt hooks
and wrong types refused.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from denoisebench import hookspecs
from denoisebench.errors import UserError, unknown_name
from denoisebench.images import CHANNEL_WORDS, ImageSet
from denoisebench.interfaces import ImageSource, Method, Report
from denoisebench.noise.model import Noise, NoiseFamily
from denoisebench.presets import Preset
from denoisebench.recipes import Recipe
from denoisebench.shelf import module_of
from denoisebench.source_hash import SourceHasher
from denoisebench.specs import Spec, build_config, parse_spec

GROUP = "denoisebench"

HOOKS: dict[str, tuple[str, type]] = {
    "register_noise_models": ("noise model", NoiseFamily),
    "register_image_sets": ("data set", ImageSource),
    "register_methods": ("method", Method),
    "register_reports": ("report", Report),
    "register_presets": ("preset", Preset),
    "register_recipes": ("recipe", Recipe),
}
"""Each hook, what it registers in words, and as a type."""


@dataclass(frozen=True)
class Registries:
    """Everything the plugins offer, by name.  `broken` says which plugins did not load, and why."""

    noises: Mapping[str, NoiseFamily]
    image_sets: Mapping[str, ImageSource]
    methods: Mapping[str, Method[Any]]
    reports: Mapping[str, Report]
    presets: Mapping[str, Preset]
    recipes: Mapping[str, Recipe]
    origins: Mapping[str, object]  # "method noise2score" -> the plugin it came from
    broken: Mapping[str, str]

    def noise(self, text: str) -> Noise:
        """The noise model of a spec."""
        spec = parse_spec(text)
        family: NoiseFamily = self._find("noise model", self.noises, spec)
        return family.parse(spec)

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

    def weights_folder(self, method: str) -> Path | None:
        """Where the weights lie that come with a method; None where its plugin is no package."""
        file = _package_file(_package(self.origins[f"method {method}"]))
        return file.parent / "weights" if file.name == "__init__.py" else None

    def _find(self, kind: str, registry: Mapping[str, Any], spec: Spec) -> Any:
        if spec.name not in registry:
            raise unknown_name(kind, spec.name, registry)
        return registry[spec.name]

    def source_hash(self, method: str, family: NoiseFamily, config: object) -> str:
        """SHA-256 (hex) of what the plugin of a method, the network that its config takes off the
        shelf, and a noise family compute."""
        package = _package(self.origins[f"method {method}"])
        others = (type(family).__module__, *module_of(config))
        if (package, others) not in self._source_hashes:
            self._source_hashes[package, others] = self._hasher.of([*_modules(package), *others])
        return self._source_hashes[package, others]

    @cached_property
    def _source_hashes(self) -> dict[tuple[str, tuple[str, ...]], str]:
        return {}

    @cached_property
    def _hasher(self) -> SourceHasher:
        kinds = ("method ", "noise model ")
        packages = {_package(self.origins[key]) for key in self.origins if key.startswith(kinds)}
        return SourceHasher(packages - {"denoisebench"})


def load(extra: Sequence[str] = ()) -> Registries:
    """Load every installed plugin and the `extra` ones (files or module names).

    Raises UserError for an extra that does not load and for two plugins that offer one name.  An
    installed plugin that raises, or misuses a hook, is recorded in `broken`.
    """
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    broken: dict[str, str] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            _register(manager, entry.load(), entry.name)
        except Exception as error:  # noqa: BLE001  # a stranger's plugin may raise anything
            broken[entry.name] = _one_line(error)
    for item in extra:
        try:
            _register(manager, _import_extra(item), item)
        except Exception as error:
            raise UserError(f"plugin {item!r} does not load: {_one_line(error)}") from error
    return _collect(manager, broken, extra)


def _register(manager: pluggy.PluginManager, plugin: Any, name: str) -> None:
    if manager.is_registered(plugin):
        return
    _check_hooks(plugin)
    manager.register(plugin, name)
    manager.check_pending()


def _check_hooks(plugin: Any) -> None:
    """Refuse what pluggy would pass over in silence: misspelt hooks, and hooks without a mark."""
    for name in dir(plugin):
        if name.startswith("register_") and name not in HOOKS:
            raise UserError(f"{name} is no hook; the hooks are {', '.join(HOOKS)}")
        if name in HOOKS and not hasattr(getattr(plugin, name), f"{GROUP}_impl"):
            raise UserError(f"{name} is not marked with @hookimpl")


def _import_extra(item: str) -> ModuleType:
    path = Path(item).resolve()
    if path.suffix != ".py":
        return importlib.import_module(item)
    if not path.is_file():
        raise UserError("there is no such file")
    name = f"denoisebench_plugin_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # a .py file always has a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _collect(
    manager: pluggy.PluginManager, broken: dict[str, str], extra: Sequence[str]
) -> Registries:
    origins: dict[str, Any] = {}
    registries: dict[str, dict[str, Any]] = {}
    for hook, (kind, offered_type) in HOOKS.items():
        registry: dict[str, Any] = {}
        for name, plugin in sorted(manager.list_name_plugin(), key=lambda pair: pair[0]):
            try:
                things = _offered(plugin, hook, offered_type)
            except Exception as error:
                if name in extra:
                    raise UserError(f"plugin {name!r} does not load: {_one_line(error)}") from error
                broken[name] = _one_line(error)
                continue
            for thing in things:
                key = f"{kind} {thing.name}"
                if key in origins:
                    first = manager.get_name(origins[key])
                    raise UserError(f"{kind} {thing.name!r} is offered by {first!r} and {name!r}")
                origins[key] = plugin
                registry[thing.name] = thing
        registries[hook] = dict(sorted(registry.items()))
    return Registries(
        noises=registries["register_noise_models"],
        image_sets=registries["register_image_sets"],
        methods=registries["register_methods"],
        reports=registries["register_reports"],
        presets=registries["register_presets"],
        recipes=registries["register_recipes"],
        origins=origins,
        broken=broken,
    )


def _offered(plugin: Any, hook: str, offered_type: type) -> list[Any]:
    """What one plugin offers through one hook.  UserError when that is not what it should be."""
    function = getattr(plugin, hook, None)
    things = list(function()) if function is not None else []
    for thing in things:
        if not isinstance(thing, offered_type):
            raise UserError(f"{hook} returned {thing!r}, which is no {offered_type.__name__}")
        missing = [a for a in _promised(offered_type) if not hasattr(thing, a)]
        if missing:
            raise UserError(f"{type(thing).__name__} has no {', '.join(missing)}")
    return things


def _promised(offered_type: type) -> list[str]:
    """The attributes that an interface declares and its instances must have."""
    return [name for cls in offered_type.__mro__ for name in vars(cls).get("__annotations__", {})]


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"


def _package(plugin: object) -> str:
    """The outermost package, or the module, that a plugin lies in.

    An object counts as the module that defines its class.
    """
    module = plugin if inspect.ismodule(plugin) else inspect.getmodule(type(plugin))
    assert module is not None  # it was imported
    return module.__name__.partition(".")[0]


def _package_file(package: str) -> Path:
    module = sys.modules[package]
    assert module.__file__ is not None  # it is Python code
    return Path(module.__file__)


def _modules(package: str) -> list[str]:
    """All modules of a package, in name order; of a module that is none, itself."""
    file = _package_file(package)
    if file.name != "__init__.py":
        return [package]
    paths = (path.relative_to(file.parent.parent) for path in file.parent.rglob("*.py"))
    names = (".".join(path.with_suffix("").parts) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names)
