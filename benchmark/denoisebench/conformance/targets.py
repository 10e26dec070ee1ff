"""The target of `bench check`: a file, a module, an installed plugin, or a name."""

from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

from denoisebench.conformance.collect import UNLOADED, module_of, subject_of
from denoisebench.conformance.import_check import Origin, is_importable, item_of
from denoisebench.conformance.subject import Subject
from denoisebench.errors import UserError, nearest, shortened
from denoisebench.registry.loader import GROUP, HOOKS, folder_refused, import_plugin, load, offers
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec


def subjects(target: str, extra: Sequence[str], device: str) -> list[Subject]:
    """The objects to check.

    target: a file, a module, the name of an installed plugin; or the spec of a thing that a plugin
    offers.  extra: plugins to load, in which the spec is looked for.  Raises UserError for a target
    that is none of these, and for a plugin without hooks.
    """
    registries = load(extra)
    if not target.endswith(".py"):
        named = _named(target, registries, device)
        if named:
            return named
    return _of_plugin(_importable(target, registries), registries, device)


def _named(target: str, registries: Registries, device: str) -> list[Subject]:
    """The things of any kind with the name of a spec."""
    spec, found = parse_spec(target), []
    for kind, _ in HOOKS.values():
        plugin = registries.origins.get(f"{kind} {spec.name}")
        if plugin is not None:
            things = {k: t for k, t in offers(plugin) if (k, t.name) == (kind, spec.name)}
            origin = Origin(item_of(module_of(plugin)))
            found.append(subject_of(kind, things[kind], origin, device=device, spec=spec))
    return found


def _importable(target: str, registries: Registries) -> str:
    if target.endswith(".py"):
        return target
    for entry in entry_points(group=GROUP):
        if entry.name == target:
            return entry.module
    if Path(target).is_dir() and not target.isidentifier():
        raise UserError(f"{shortened(target)} is no plugin: {folder_refused(Path(target))}")
    if not is_importable(target):
        names = [key.split()[-1] for key in registries.origins]
        if near := nearest(target, names):
            raise UserError(f"{shortened(target)} is no plugin; did you mean {near!r}?")
        raise UserError(
            f"{shortened(target)} is no plugin: give a file that ends in .py, a module, or a name"
            " that `bench list` shows"
        )
    return target


def _of_plugin(item: str, registries: Registries, device: str) -> list[Subject]:
    """All that a plugin registers; if it cannot be imported, the plugin itself."""
    if item.endswith(".py") and not Path(item).is_file():
        raise UserError(f"there is no file {item}")
    origin = Origin(item)
    if not origin.loads:
        return [Subject(kind=UNLOADED, thing=SimpleNamespace(name=origin.label), origin=origin)]
    plugin = import_plugin(item)
    things = offers(plugin)
    if not things:
        raise UserError(f"{item} has no hooks; see docs/writing-a-plugin.md")
    siblings = [thing for _, thing in things]
    taken = {
        key: module_of(other).__name__
        for key, other in registries.origins.items()
        if other is not plugin
    }
    return [
        subject_of(kind, thing, origin, device=device, taken=taken, siblings=siblings)
        for kind, thing in things
    ]
