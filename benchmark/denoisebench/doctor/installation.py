"""The installation: plugins, image sets on this machine, bundled weights."""

import os
from collections import Counter
from collections.abc import Iterator

from denoisebench.doctor.finding import Finding
from denoisebench.errors import UserError
from denoisebench.plugin.image_source import ImageSource
from denoisebench.registry.registries import Registries
from denoisebench.specs import Spec
from denoisebench.zoo.recipe_training import State, state_of, weights_file

DATA_VARIABLE = "DENOISEBENCH_DATA"


def plugins(registries: Registries) -> Iterator[Finding]:
    """How much is offered, and the plugins that cannot be loaded."""
    kinds = {
        "methods": registries.methods,
        "noises": registries.noises,
        "image sets": registries.image_sets,
        "reports": registries.reports,
    }
    counts = ", ".join(f"{len(things)} {kind}" for kind, things in kinds.items())
    yield Finding("plugins", counts)
    for name, reason in registries.broken.items():
        yield Finding("plugins", f"{name} is left out: {reason}", wrong=True)


def image_sets(registries: Registries) -> Iterator[Finding]:
    """Where images are looked for, and which public sets are on this machine."""
    given = os.environ.get(DATA_VARIABLE)
    if given and not os.path.isdir(given):
        yield Finding("data", f"${DATA_VARIABLE} is {given}, which is no folder", wrong=True)
    elif given:
        yield Finding("data", f"${DATA_VARIABLE} is {given}")
    states: dict[bool, list[str]] = {True: [], False: []}
    for name, source in registries.image_sets.items():
        local = _is_local(source)
        if local is not None:
            states[local].append(name)
    advice = f"bench datasets fetch {states[False][0]} gets one" if states[False] else ""
    yield Finding("data", f"on this machine: {', '.join(states[True]) or 'none'}")
    yield Finding("data", f"to fetch: {', '.join(states[False]) or 'none'}", advice)


def _is_local(source: ImageSource) -> bool | None:
    """None for a source of the user's images, which has no name of a set."""
    try:
        return source.is_local(Spec(source.name))
    except UserError:
        return None


def bundled_weights(registries: Registries) -> Iterator[Finding]:
    """How many recipes have weights, by SHA-256, and which files are wrong."""
    states: Counter[State] = Counter()
    for recipe in registries.recipes.values():
        if recipe.method not in registries.methods:
            continue
        state = state_of(recipe, weights_file(recipe, registries))
        states[state] += 1
        if state in (State.MISSING, State.ANOTHER):
            advice = f"install the suite again, or bench zoo train {recipe.name}"
            yield Finding("zoo", f"{recipe.name}: {state.value}", advice, wrong=True)
    shown = ", ".join(f"{count} {state.value}" for state, count in sorted(states.items()))
    yield Finding("zoo", f"{shown or 'no recipes'} (bench zoo verify checks them all)")
