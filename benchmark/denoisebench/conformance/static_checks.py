"""Checks that compute no image: how a plugin is imported, named and set."""

import inspect
import pickle
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_type_hints

from denoisebench.conformance import answer_checks
from denoisebench.conformance.check import Outcome, Rule, failed, passed, skipped
from denoisebench.conformance.method_subject import MethodSubject
from denoisebench.conformance.places import place_of
from denoisebench.conformance.subject import Subject
from denoisebench.plugin.method import Method
from denoisebench.plugin.preset import Preset
from denoisebench.plugin.recipe import Recipe
from denoisebench.scoring.protocol import Protocol
from denoisebench.specs import build_config, config_spec, parse_spec

LONGEST_SUMMARY = 80
"""But of a preset or a protocol: it has the words of a paper's code, and spells out its rules."""

_NAME = re.compile(r"[a-z0-9]+([-./][a-z0-9]+)*")
"""A recipe's has a slash."""

_ODD: dict[type, tuple[Any, ...]] = {
    int: (-(10**9), 10**9),
    float: (-1e9, 1e9),
    str: ("no such word",),
}
"""Values that most fields refuse."""


def import_light(subject: Subject) -> Outcome:
    return subject.origin.outcome


def names(subject: Subject) -> Outcome:
    where, thing = subject.place(), subject.thing
    of_a_paper = isinstance(thing, Preset | Protocol)
    if not of_a_paper and not _NAME.fullmatch(subject.name):
        text = f"the name {subject.name!r} has other characters"
        return failed(text, "Write it in lower case with hyphens.", where)
    if subject.key in subject.taken:
        text = f"the name {subject.name!r} is taken by plugin {subject.taken[subject.key]!r}"
        return failed(text, "Give another name.", where)
    if isinstance(thing, Recipe):  # which makes its summary itself
        return passed()
    summary = getattr(thing, "summary", None)
    if not isinstance(summary, str) or not summary.strip():
        return failed("it has no summary", "Say in `summary` what it is.", where)
    if not of_a_paper and len(summary) > LONGEST_SUMMARY:
        text, advice = f"its summary has {len(summary)} characters", "Shorten it."
        return failed(text, advice, where, value=len(summary), bound=LONGEST_SUMMARY)
    return _config_names(subject, thing.config_type) if isinstance(thing, Method) else passed()


def _config_names(subject: Subject, cls: Any) -> Outcome:
    """Whether the docstring of a config names each field."""
    fields_ = fields(cls) if is_dataclass(cls) else ()
    text = inspect.getdoc(cls) or ""
    if text.startswith(f"{cls.__name__}("):  # the one that a dataclass makes itself
        text = ""
    unnamed = [f.name for f in fields_ if not re.search(rf"\b{f.name}\b", text)]
    if not unnamed:
        return passed()
    advice = "Name each field there and say what it does."
    where = place_of(cls, subject.origin.files)
    return failed(f"the docstring of {cls.__name__} lacks {', '.join(unnamed)}", advice, where)


def config(subject: MethodSubject) -> Outcome:
    """A frozen dataclass, defaults, specs that come back, values refused by their field."""
    cls: Any = subject.thing.config_type
    where = place_of(cls, subject.origin.files)
    if not (is_dataclass(cls) and getattr(cls, "__dataclass_params__").frozen):  # noqa: B009
        text = f"{cls.__name__} is no frozen dataclass"
        return failed(text, "Write @dataclass(frozen=True).", where)
    bare = [f.name for f in fields(cls) if _lacks_default(f)]
    if bare:
        return failed(f"{', '.join(bare)}: no default", "Give each field a default.", where)
    subject.thing.config_type()  # what it raises is told
    for one in subject.configs:
        text = str(config_spec(subject.name, one))
        if build_config(subject.thing.config_type, parse_spec(text)) != one:
            advice = "Fields are int, float, str, bool or words, equal after they are written."
            return failed(f"{text} makes another config", advice, where)
    for name, value in _odd_values(cls):
        why = _refused_wrongly(cls, name, value)
        if why:
            advice = f"Raise ValueError, and begin it with `{name}: `."
            return failed(f"{name}={value!r} {why}", advice, where)
    return passed()


def _lacks_default(one: "Field[Any]") -> bool:
    return one.default is MISSING and one.default_factory is MISSING


def _odd_values(cls: Any) -> Iterator[tuple[str, Any]]:
    for name, kind in get_type_hints(cls).items():
        yield from ((name, value) for value in _ODD.get(kind, ()))


def _refused_wrongly(cls: Any, name: str, value: Any) -> str:
    """How a config refuses a value, if not by a ValueError that begins with a field."""
    try:
        cls(**{name: value})
    except ValueError as error:
        begins = str(error).partition(":")[0]
        said = any(begins == f.name for f in fields(cls))
        return "" if said else f"is refused by {str(error)[:60]!r}"
    except Exception as error:  # noqa: BLE001  # any other is what is looked for
        return f"raises {type(error).__name__}: {str(error)[:60]}"
    return ""


def signature(subject: Subject) -> Outcome:
    """Each function takes the arguments that the suite gives it."""
    base = _interface(subject.thing)
    for name, theirs in inspect.getmembers(type(subject.thing), inspect.isfunction):
        ours = getattr(base, name, None)
        if name.startswith("_") or not inspect.isfunction(ours) or ours is theirs:
            continue
        given = list(inspect.signature(ours).parameters)
        try:
            inspect.signature(theirs).bind(*given)
        except TypeError as error:
            text = f"{name}({', '.join(inspect.signature(theirs).parameters)}): {error}"
            advice = f"Write {name}({', '.join(given)})."
            return failed(text, advice, subject.place(name))
    return passed()


def _interface(thing: Any) -> type:
    """The class of the core that an object's class derives from."""
    for cls in type(thing).__mro__:
        if cls.__module__.startswith(("denoisebench.plugin", "denoisebench.noise.")):
            return cls
    return object


def pickles(subject: Subject) -> Outcome:
    things = [subject.thing]
    if isinstance(subject, MethodSubject):
        things += [*subject.configs, *(case.task for case in subject.cases)]
    for thing in things:
        try:
            pickle.loads(pickle.dumps(thing))
        except Exception as error:  # noqa: BLE001  # pickling raises of any kind
            text = f"{type(thing).__name__} cannot be pickled: {error}"
            advice = "Define its class at the top of a module, and keep no functions in it."
            return failed(" ".join(text.split())[:300], advice, subject.place())
    return passed()


def declines(subject: MethodSubject) -> Outcome:
    """Reasons are sentences without the method's name, and something is left."""
    where, reasons = subject.place("declines"), []
    for config_, task in subject.asked:
        reason = subject.thing.declines(config_, task)
        if reason is None:
            continue
        if not isinstance(reason, str) or len(reason.split()) < 3:
            text = f"{task.noise} is declined by {reason!r}"
            return failed(text, "Say why, in a sentence.", where)
        if reason.split()[0] == subject.name:
            text = f"{reason!r} begins with the method's name"
            advice = "Say `it`: the name is put before the reason."
            return failed(text, advice, where)
        reasons.append(reason)
    lacking = [reason for reason in reasons if "not installed" in reason]
    if not subject.cases and lacking:
        return skipped(lacking[0])
    if not subject.cases:
        text = "it declines every noise of the suite, known or unknown, gray or colour"
        return failed(text, "Return None for what it can do.", where)
    return passed()


ANY: tuple[Rule[Subject], ...] = (
    Rule(
        "import-light", "Importing it loads no torch, opens no file, prints nothing.", import_light
    ),
    Rule("names", "Its name, its summary and its config's docstring say what it is.", names),
    Rule("signature", "Its functions take the arguments that the suite gives them.", signature),
)

OF_METHODS: tuple[Rule[MethodSubject], ...] = (
    *ANY,
    Rule("config", "Its config is frozen, has defaults, and refuses values by name.", config),
    *answer_checks.PLANNED,
    Rule("declines", "A reason is a sentence, and it takes some noise.", declines, ("answers",)),
    Rule("pickles", "It, its config and its task can be pickled.", pickles, ("declines",)),
)
