"""Finds what a plugin registers, and the rules for each of its objects."""

import inspect
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from denoisebench.conformance import (
    answer_checks,
    image_set_checks,
    noise_checks,
    report_checks,
    static_checks,
    table_checks,
)
from denoisebench.conformance.check import Check, Examination, Rule
from denoisebench.conformance.image_set_checks import ImageSetSubject
from denoisebench.conformance.import_check import Origin, item_of
from denoisebench.conformance.method_subject import MethodSubject
from denoisebench.conformance.noise_subject import NoiseSubject
from denoisebench.conformance.subject import Subject
from denoisebench.conformance.table_checks import TableSubject
from denoisebench.errors import UserError
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.noise.spread import noise_of
from denoisebench.noise_models import register_noise_models
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.method import Method, UntrainedMethod
from denoisebench.plugin.published import PublishedTable
from denoisebench.plugin.report import Report
from denoisebench.registry.loader import HOOKS, offers
from denoisebench.specs import Spec, build_config, parse_spec

UNLOADED = "plugin"
"""The kind of what cannot be imported."""

NOISES = ("gaussian:25", "poisson:0.05")
"""The noise that methods are checked with."""


def checks_of(plugin_object: Any, *, device: str, slow: bool) -> list[Check]:
    """See `denoisebench.conformance.checks`."""
    origin = Origin(item_of(module_of(plugin_object)))
    things = offers(plugin_object) if inspect.ismodule(plugin_object) else [_kind(plugin_object)]
    siblings = [thing for _, thing in things]
    subjects = [
        subject_of(kind, thing, origin, device=device, siblings=siblings) for kind, thing in things
    ]
    return [check for subject in subjects for check in checks_for(subject, slow=slow)]


def _kind(thing: Any) -> tuple[str, Any]:
    for kind, offered_type in HOOKS.values():
        if isinstance(thing, offered_type):
            return kind, thing
    known = ", ".join(kind for kind, _ in HOOKS.values())
    raise UserError(f"{thing!r} is not what a plugin offers: {known}, or a module with hooks")


def module_of(thing: Any) -> ModuleType:
    """A module as it is; of an object that which defines it."""
    if inspect.ismodule(thing):
        return thing
    render = getattr(thing, "render", None)  # a Report is of the core, what renders it is not
    return sys.modules[(render if inspect.isfunction(render) else type(thing)).__module__]


def subject_of(
    kind: str,
    thing: Any,
    origin: Origin,
    *,
    device: str,
    taken: Mapping[str, str] | None = None,
    spec: Spec | None = None,
    siblings: Sequence[Any] = (),
) -> Subject:
    """The object that is checked.  spec: of the thing, with its settings.  siblings: all that its
    plugin registers."""
    base: dict[str, Any] = {
        **{"kind": kind, "thing": thing, "origin": origin},
        **{"device": device, "taken": taken or {}},
    }
    if isinstance(thing, Method):
        own = (one for one in siblings if isinstance(one, NoiseFamily))
        families = [*register_noise_models(), *own]
        by_name = {family.name: family for family in families}
        first = [_noise(by_name, text) for text in NOISES]
        others = [
            at_middle(family)
            for family in families
            if family.treated_as() is None and family.name not in {n.family.name for n in first}
        ]
        configs = _configs(thing, spec)
        return MethodSubject(**base, configs=configs, noises=first, others=others)
    if isinstance(thing, NoiseFamily):
        return NoiseSubject(**base)
    if isinstance(thing, ImageSource):
        return ImageSetSubject(**base, spec=spec or Spec(thing.name))
    if isinstance(thing, PublishedTable):
        return TableSubject(**base, siblings=siblings)
    return Subject(**base)


def at_middle(family: NoiseFamily) -> Noise:
    """The family at the median level of its blind range."""
    level = Noise(family, *family.blind).level_quantile(0.5)
    return Noise(family, level, level)


def _noise(families: Mapping[str, NoiseFamily], text: str) -> Noise:
    spec = parse_spec(text)
    return noise_of(families[spec.name], spec)


def _configs(method: Method[Any], spec: Spec | None) -> Sequence[Any]:
    """That of the spec, else those that the method lists in `check_configs`, else the default."""
    if spec is not None and spec.options:
        return (build_config(method.config_type, spec),)
    listed = tuple(getattr(method, "check_configs", ()))
    try:
        return listed or (method.config_type(),)
    except Exception:  # noqa: BLE001  # the check `config` names it
        return ()


def checks_for(subject: Subject, *, slow: bool) -> list[Check]:
    """The checks of one object."""
    rules = _rules(subject)
    return Examination(subject, rules, slow=slow).checks()


def _rules(subject: Subject) -> Sequence[Rule[Any]]:
    """The rules of its kind.  Those that need torch are imported for methods alone."""
    if subject.kind == UNLOADED:
        return static_checks.ANY[:1]
    if isinstance(subject, NoiseSubject):
        return noise_checks.RULES
    if isinstance(subject, ImageSetSubject):
        return image_set_checks.RULES
    if isinstance(subject.thing, Report):
        return report_checks.RULES
    if isinstance(subject, TableSubject):
        return table_checks.RULES
    if not isinstance(subject, MethodSubject):
        return static_checks.ANY
    from denoisebench.conformance import image_checks, promise_checks

    if isinstance(subject.thing, UntrainedMethod):
        return (*static_checks.OF_METHODS, *image_checks.RULES, *promise_checks.OF_ALL)
    from denoisebench.conformance import image_fit_checks, loss_checks, training_checks

    if isinstance(subject.thing, ImageMethod):
        return (
            *static_checks.OF_METHODS,
            *loss_checks.OF_NETWORKS,
            *image_checks.RULES,
            *image_fit_checks.RULES,
        )
    return (
        *static_checks.OF_METHODS,
        *loss_checks.RULES,
        *answer_checks.OF_MODELS,
        *image_checks.RULES,
        *promise_checks.OF_TRAINED,
        *training_checks.RULES,
    )
