"""Finding plugins and making the registries: a dict per kind, in name order, that refuses doubles.

Plugins come from the entry-point group `denoisebench` and from `--plugin FILE_OR_MODULE`.  Each
loads in isolation: one that raises is reported by name and disables only itself.  What pluggy does
not promise is added here: order by name, doubles refused with both plugins named, misspelt hooks
and wrong types refused.
"""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from denoisebench import hookspecs
from denoisebench.errors import UserError, unknown_name
from denoisebench.images import ImageSet
from denoisebench.interfaces import ImageSource, Method, Report
from denoisebench.noise.model import Noise, NoiseFamily
from denoisebench.specs import Spec, build_config, parse_spec

GROUP = "denoisebench"


@dataclass(frozen=True)
class Registries:
    """Everything the plugins offer, by name.  `broken` says which plugins did not load, and why."""

    noises: Mapping[str, NoiseFamily]
    image_sets: Mapping[str, ImageSource]
    methods: Mapping[str, Method[Any]]
    reports: Mapping[str, Report]
    origins: Mapping[str, ModuleType]  # "method noise2score" -> the plugin it came from
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

    def image_set(self, text: str) -> ImageSet:
        """The image set of a spec, opened."""
        source, spec = self.source(text)
        return source.open(spec)

    def method(self, text: str) -> tuple[Method[Any], Any]:
        """The method of a spec, and its config."""
        spec = parse_spec(text)
        method = self._find("method", self.methods, spec)
        return method, build_config(method.config_type, spec)

    def report(self, name: str) -> Report:
        """The report of a name."""
        report: Report = self._find("report", self.reports, Spec(name))
        return report

    def _find(self, kind: str, registry: Mapping[str, Any], spec: Spec) -> Any:
        if spec.name not in registry:
            raise unknown_name(kind, spec.name, registry)
        return registry[spec.name]

    @cached_property
    def _source_hashes(self) -> dict[str, str]:
        return {}

    def method_source_hash(self, name: str) -> str:
        """SHA-256 (hex) of the source of the plugin that offers method `name`."""
        if name not in self._source_hashes:
            self._source_hashes[name] = _source_hash(self.origins[f"method {name}"])
        return self._source_hashes[name]


def load(extra: Sequence[str] = ()) -> Registries:
    """Load every installed plugin and the `extra` ones (files or module names).

    Raises UserError for an extra that does not load, two plugins that offer one name, and a
    plugin that defines a hook that does not exist.  An installed plugin that raises is recorded
    in `broken`.
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
        except Exception as error:  # as above
            raise UserError(f"plugin {item!r} does not load: {_one_line(error)}") from error
    return _collect(manager, broken)


def _register(manager: pluggy.PluginManager, plugin: Any, name: str) -> None:
    if manager.is_registered(plugin):
        return
    manager.register(plugin, name)
    try:
        manager.check_pending()
    except pluggy.PluginValidationError:
        manager.unregister(plugin)
        known = sorted(n for n in vars(hookspecs) if n.startswith("register_"))
        found = [n for n in dir(plugin) if n.startswith("register_") and n not in known]
        raise UserError(
            f"it defines the unknown hook {', '.join(found)}; the hooks are {', '.join(known)}"
        ) from None


def _import_extra(item: str) -> ModuleType:
    path = Path(item)
    if path.suffix != ".py":
        return importlib.import_module(item)
    if not path.is_file():
        raise UserError("there is no such file")
    name = f"denoisebench_plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # a .py file always has a loader
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def _collect(manager: pluggy.PluginManager, broken: dict[str, str]) -> Registries:
    origins: dict[str, Any] = {}
    kinds: list[tuple[str, str, type]] = [
        ("noise model", "register_noise_models", NoiseFamily),
        ("data set", "register_image_sets", ImageSource),
        ("method", "register_methods", Method),
        ("report", "register_reports", Report),
    ]
    registries: list[dict[str, Any]] = []
    for kind, hook, offered_type in kinds:
        registry: dict[str, Any] = {}
        for name, plugin in sorted(manager.list_name_plugin(), key=lambda pair: pair[0]):
            for thing in _call(plugin, name, hook, offered_type, broken):
                key = f"{kind} {thing.name}"
                if key in origins:
                    first = manager.get_name(origins[key])
                    raise UserError(f"{kind} {thing.name!r} is offered by {first!r} and {name!r}")
                origins[key] = plugin
                registry[thing.name] = thing
        registries.append(dict(sorted(registry.items())))
    noises, image_sets, methods, reports = registries
    return Registries(noises, image_sets, methods, reports, origins, broken)


def _call(
    plugin: Any, name: str, hook: str, offered_type: type, broken: dict[str, str]
) -> Iterable[Any]:
    """What one plugin offers through one hook; a hook that raises disables that plugin's hook."""
    function = getattr(plugin, hook, None)
    if function is None:
        return []
    try:
        things = list(function())
        for thing in things:
            if not isinstance(thing, offered_type):
                raise UserError(f"{hook} returned {thing!r}, which is no {offered_type.__name__}")
    except Exception as error:  # noqa: BLE001  # a stranger's plugin may raise anything
        broken[name] = _one_line(error)
        return []
    return things


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, UserError) else f"{type(error).__name__}: {text}"


def _source_hash(plugin: ModuleType) -> str:
    """Of the plugin's file, or of every Python file of its package."""
    file = Path(str(plugin.__file__))
    files = sorted(file.parent.rglob("*.py")) if file.name == "__init__.py" else [file]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(file.parent).as_posix().encode() + b"\n")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
