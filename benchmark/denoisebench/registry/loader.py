"""Finding plugins and making the registries: a dict per kind, in name order, that refuses doubles.

Plugins come from the entry-point group `denoisebench` and from `--plugin FILE_OR_MODULE`.  Each
loads in isolation: one that raises is reported by name and disables only itself. Added to pluggy:
order by name, doubles refused with both plugins named, misspelt hooks and wrong types refused.
"""

import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from importlib.metadata import distribution, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy

from denoisebench.budgets import Budget
from denoisebench.errors import UserError, place_in_plugin, place_of_class, shortened
from denoisebench.noise.family import NoiseFamily
from denoisebench.plugin import hooks
from denoisebench.plugin.executor import Executor
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.method import Method
from denoisebench.plugin.metric import Metric
from denoisebench.plugin.preset import Preset
from denoisebench.plugin.published import PublishedTable
from denoisebench.plugin.recipe import Recipe
from denoisebench.plugin.report import Report
from denoisebench.plugin.tracker import Tracker
from denoisebench.registry import builtin
from denoisebench.registry.moved import new_import, renamed_members
from denoisebench.registry.published import checked_figures
from denoisebench.registry.registries import Registries
from denoisebench.scoring.protocol import Protocol
from denoisebench.specs import split_list

GROUP = DISTRIBUTION = "denoisebench"
SUITE = "the suite"
PLUGINS = "DENOISEBENCH_PLUGINS"
"""The variable that names plugins which are loaded each time, separated by commas."""

HOOKS: dict[str, tuple[str, type]] = {
    "register_noise_models": ("noise model", NoiseFamily),
    "register_image_sets": ("data set", ImageSource),
    "register_methods": ("method", Method),
    "register_reports": ("report", Report),
    "register_presets": ("preset", Preset),
    "register_protocols": ("protocol", Protocol),
    "register_budgets": ("budget", Budget),
    "register_recipes": ("recipe", Recipe),
    "register_trackers": ("tracker", Tracker),
    "register_executors": ("executor", Executor),
    "register_metrics": ("metric", Metric),
    "register_published": ("published table", PublishedTable),
}
"""Each hook, what it registers in words, and as a type.  The last is checked against the others."""

_LONGEST = 64
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{_LONGEST - 1}}}")
"""A name that can stand in a spec and be that of a file and a folder."""


def load(extra: Sequence[str] = ()) -> Registries:
    """Load every installed plugin, those that `PLUGINS` names and the `extra` ones (files or module
    names).

    Raises UserError for an extra that does not load and for two plugins that offer one name.  An
    installed plugin that raises, or misuses a hook, is recorded in `broken`.
    """
    extra = [*_named(), *extra]
    manager = pluggy.PluginManager(GROUP)
    manager.add_hookspecs(hooks)
    manager.register(builtin, SUITE)
    broken: dict[str, str] = {}
    shipped = {SUITE, *(entry.name for entry in distribution(DISTRIBUTION).entry_points)}
    for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            _register(manager, entry.load(), entry.name)
        except Exception as error:  # noqa: BLE001  # a stranger's plugin may raise anything
            broken[entry.name] = _one_line(error)
    for item in extra:
        try:
            _register(manager, import_plugin(item), item)
        except Exception as error:
            raise _does_not_load(item, error) from error
    return _collect(manager, broken, shipped, extra)


def _named() -> list[str]:
    """The plugins that the environment names."""
    text = os.environ.get(PLUGINS, "")
    return split_list(text) if text else []


def _does_not_load(plugin: str, error: Exception) -> UserError:
    where = f" of ${PLUGINS}" if plugin in _named() else ""
    return UserError(f"plugin {plugin!r}{where} does not load: {_one_line(error)}")


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


def folder_refused(path: Path) -> str:
    """Why a folder is no plugin, and what to give for it."""
    packages = sorted([*path.glob("__init__.py"), *path.glob("*/__init__.py")])
    packages = packages or sorted(path.glob("src/*/__init__.py"))
    given = f"its module, {packages[0]}" if packages else "a file that ends in .py, or a module"
    return f"it is a folder; give {given}"


def import_plugin(item: str) -> ModuleType:
    """The module of a file, whose name ends in .py, or of a module's name.

    Raises UserError where there is no such file, and what the module raises.
    """
    path = Path(item).resolve()
    if path.is_dir() and ("/" in item or not item.isidentifier()):
        raise UserError(folder_refused(path))
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
    manager: pluggy.PluginManager,
    broken: dict[str, str],
    shipped: Collection[str],
    extra: Sequence[str],
) -> Registries:
    origins: dict[str, Any] = {}
    foreign: dict[str, str] = {}
    registries: dict[str, dict[str, Any]] = {}
    plugins = sorted(manager.list_name_plugin(), key=lambda pair: (pair[0] not in shipped, pair[0]))
    for hook, (kind, offered_type) in HOOKS.items():
        registry: dict[str, Any] = {}
        for name, plugin in plugins:
            try:
                things = _offered(plugin, hook, offered_type)
                if offered_type is PublishedTable and name not in shipped:
                    _check_tables(things, registries)
            except Exception as error:
                if name in extra:
                    raise _does_not_load(name, error) from error
                broken[name] = _one_line(error)
                continue
            for thing in things:
                key = f"{kind} {thing.name}"
                if key in origins:
                    first = manager.get_name(origins[key])
                    raise UserError(f"{kind} {thing.name!r} is offered by {first!r} and {name!r}")
                origins[key] = plugin
                if name not in shipped:
                    foreign[key] = name
                registry[thing.name] = thing
        in_order = offered_type is PublishedTable  # which says whose figure is shown first
        registries[hook] = registry if in_order else dict(sorted(registry.items()))
    return Registries(
        noises=registries["register_noise_models"],
        image_sets=registries["register_image_sets"],
        methods=registries["register_methods"],
        reports=registries["register_reports"],
        presets=registries["register_presets"],
        protocols=registries["register_protocols"],
        budgets=registries["register_budgets"],
        recipes=registries["register_recipes"],
        trackers=registries["register_trackers"],
        executors=registries["register_executors"],
        metrics=registries["register_metrics"],
        published=registries["register_published"],
        origins=origins,
        foreign=foreign,
        broken=broken,
    )


def offers(plugin: Any) -> list[tuple[str, Any]]:
    """Everything that one plugin offers, each with its kind in words.

    Raises UserError for misused hooks, and what the hooks raise.
    """
    _check_hooks(plugin)
    return [
        (kind, thing)
        for hook, (kind, offered_type) in HOOKS.items()
        for thing in _offered(plugin, hook, offered_type)
    ]


def _offered(plugin: Any, hook: str, offered_type: type) -> list[Any]:
    """The objects that one plugin offers through one hook.  UserError when that is not what it
    should be."""
    function = getattr(plugin, hook, None)
    things = list(function()) if function is not None else []
    for thing in things:
        if not isinstance(thing, offered_type):
            raise UserError(f"{hook} returned {thing!r}, which is no {offered_type.__name__}")
        missing = [a for a in _promised(offered_type) if not hasattr(thing, a)]
        if missing:
            cls = type(thing)
            raise UserError(
                f"{cls.__name__} has no {', '.join(missing)}{place_of_class(cls)}: give it a"
                f" {missing[0]}"
            )
        renamed = renamed_members(thing)
        if renamed is not None:
            raise UserError(renamed)
        if isinstance(thing, Method):
            _refuse_config(thing)
        if offered_type is not Recipe:  # whose name, METHOD/STEM, is checked when it is made
            _refuse_name(hook, thing)
    return things


def _refuse_config(method: Method[Any]) -> None:
    """Raise UserError for a config that cannot be built."""
    cls: type = method.config_type
    if not is_dataclass(cls):
        owner = type(method)
        raise UserError(
            f"config_type of {owner.__name__} is {cls!r}{place_of_class(owner)}: give a class with"
            " @dataclass(frozen=True), or leave it out where there are no settings"
        )
    for field in fields(cls):
        if field.default is MISSING and field.default_factory is MISSING:
            raise UserError(
                f"field {field.name} of {cls.__name__} has no default{place_of_class(cls)}: give"
                " each field a default"
            )


def _check_tables(tables: Sequence[PublishedTable], registries: Mapping[str, Any]) -> None:
    """Raise UserError for a table of published figures that is not as it should be."""
    offered = ("register_noise_models", "register_image_sets", "register_protocols")
    for table in tables:
        checked_figures(table, *(registries[hook] for hook in offered))


def _refuse_name(hook: str, thing: Any) -> None:
    name = str(thing.name)
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{hook} offers the name {shortened(name)}; give one of letters, digits and -_. that"
            f" begins with a letter or digit, of {_LONGEST} characters at most"
        )


def _promised(offered_type: type) -> list[str]:
    """The attributes that an interface declares and its instances must have."""
    return [name for cls in offered_type.__mro__ for name in vars(cls).get("__annotations__", {})]


def _one_line(error: BaseException) -> str:
    moved = new_import(error)
    if moved is not None:
        return moved
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return text
    return f"{type(error).__name__}: {text}{place_in_plugin(error)}"
