"""The lines of `bench show` about methods and noises."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from denoisebench.defaults import DEFAULTS
from denoisebench.errors import PluginError
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.noise.family import Noise
from denoisebench.planning.answers import most_steps_of, passes_of, reason_to_decline
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import Method, Task, TrainedMethod
from denoisebench.plugin.published import PublishedFigure
from denoisebench.registry.docstrings import EQUATION, equations_of, prose_of, settings_of
from denoisebench.registry.registries import Registries
from denoisebench.specs import Between, number_text

Lines = list[tuple[str, str]]  # what, and what it is


def prose(thing: object) -> Lines:
    """The author's text, a line for each paragraph and each row of an equation."""
    rows = [
        row
        for paragraph in prose_of(thing)
        for row in (paragraph.splitlines() if paragraph.startswith(EQUATION) else [paragraph])
    ]
    return _titled("about", rows)


def settings(config: Any) -> Lines:
    """The fields of a config: value, what else there could be, what it is."""
    hints = get_type_hints(type(config), include_extras=True)
    lines = [
        (f"  {name}", _shown(value, hints[name]) + (f": {said}" if said else ""))
        for name, value, said in settings_of(config)
    ]
    return [("settings", ""), *lines] if lines else []


def _shown(value: Any, hint: Any) -> str:
    """`paired (or single)`, `0.5 (0.1..10)`."""
    shown = number_text(value) if isinstance(value, float) else str(value)
    others = [str(word) for word in get_args(hint) if isinstance(word, str) and word != value]
    bounds = [each for each in get_args(hint) if isinstance(each, Between)]
    if bounds:
        return f"{shown} ({number_text(bounds[0].least)}..{number_text(bounds[0].greatest)})"
    return f"{shown} (or {', '.join(others)})" if others else shown


def equations(method: Method[Any]) -> Lines:
    """Those in the docstrings of its plugin, behind the names of their functions."""
    rows = [
        row
        for equation in equations_of(method)
        for row in (f"{equation.function}:", *(f"{EQUATION}{line}" for line in equation.lines))
    ]
    return _titled("equations", rows)


def method_facts(method: Method[Any], config: Any, registries: Registries) -> Lines:
    """Its network, its training, the code of its paper."""
    lines: Lines = []
    if isinstance(method, TrainedMethod):
        lines = [
            ("network", _network(method, config, registries)),
            ("training", _training(method, config)),
        ]
    elif isinstance(method, ImageMethod):
        lines = [
            ("network", _network(method, config, registries)),
            ("learning", f"at most {most_steps_of(method, config)} steps on each image"),
        ]
    return [*lines, *([("paper's code", method.paper_code)] if method.paper_code else [])]


def _network(
    method: TrainedMethod[Any] | ImageMethod[Any], config: Any, registries: Registries
) -> str:
    """How many parameters it has.  Builds it, which imports torch."""
    from denoisebench.execution.cost import parameters_of

    sizes = []
    for channels, word in CHANNEL_WORDS.items():
        task = next(_tasks(method, config, channels, registries), None)
        try:
            if task is not None:
                sizes.append(f"{parameters_of(method, config, task):,} in {word}")
        except PluginError as error:
            return f"cannot be built: {error}"
    return f"parameters: {', '.join(sizes)}"


def _tasks(
    method: Method[Any], config: Any, channels: int, registries: Registries
) -> Iterator[Task]:
    """The tasks that a method does not decline, that of the usual noise first."""
    families = [f for f in registries.noises.values() if f.treated_as() is None]
    usual = registries.noise(DEFAULTS.noise)
    for noise in (usual, *(Noise(family, *family.blind) for family in families)):
        for parameters in ("known", "unknown"):
            task = Task(noise, parameters, channels)
            if reason_to_decline(method, config, task) is None:
                yield task


def _training(method: TrainedMethod[Any], config: Any) -> str:
    passes = passes_of(method, config)
    parts = [
        f"Adam at {number_text(method.learning_rate)}, schedule {method.schedule}",
        *([f"the network runs {passes} times on each patch"] if passes > 1 else []),
        *([f"patches of {method.smallest_crop} pixels or more"] if method.smallest_crop else []),
        *(["in float32"] if method.float32 else []),
    ]
    return "; ".join(parts)


def published(method: str, registries: Registries) -> Lines:
    """The figures of papers of a method, by its spec: source, then a line for each noise."""
    lines: Lines = []
    for figures in registries.published_figures.values():
        its = [figure for figure in figures if figure.method == method and not figure.doubt]
        if its:
            lines += _titled("published", [_source(its[0]), *_by_noise(its)])
    return lines


def _source(figure: PublishedFigure) -> str:
    under = f", under {figure.protocol}" if figure.protocol else ""
    return f"{figure.source}{under}{f', {figure.images}' if figure.images else ''}"


def _by_noise(figures: list[PublishedFigure]) -> Iterator[str]:
    """`gaussian:25 known: bsd68 29.12, set12 30.13`"""
    rows: dict[str, list[str]] = {}
    for figure in figures:
        key = f"{figure.noise} {figure.parameters}"
        rows.setdefault(key, []).append(f"{figure.dataset} {figure.psnr_db:.2f}")
    return (f"{key}: {', '.join(row)}" for key, row in rows.items())


def _titled(title: str, rows: list[str]) -> Lines:
    """Rows; the first one has a title."""
    return [(title if number == 0 else "", row) for number, row in enumerate(rows)]
