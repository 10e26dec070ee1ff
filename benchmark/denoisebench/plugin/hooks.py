"""The whole extension surface: hooks, each called once at start-up.

A plugin is a module (or object) with any of these functions, marked by `hookimpl`.  It is found by
the entry-point group `denoisebench` or given with `--plugin FILE_OR_MODULE`.  Keep a plugin's entry
module light: import torch inside the functions that use it, so that `bench --help` stays quick.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from denoisebench.budgets import Budget
    from denoisebench.noise.family import NoiseFamily
    from denoisebench.plugin.executor import Executor
    from denoisebench.plugin.image_source import ImageSource
    from denoisebench.plugin.method import Method
    from denoisebench.plugin.metric import Metric
    from denoisebench.plugin.preset import Preset
    from denoisebench.plugin.published import PublishedTable
    from denoisebench.plugin.recipe import Recipe
    from denoisebench.plugin.report import Report
    from denoisebench.plugin.tracker import Tracker
    from denoisebench.scoring.protocol import Protocol

hookspec = pluggy.HookspecMarker("denoisebench")
hookimpl = pluggy.HookimplMarker("denoisebench")
"""Marks the hooks of a plugin, functions at the top of its module.

>>> @hookimpl
... def register_presets() -> list[Preset]:
...     return [Preset("gauss25-gray", "σ = 25 in gray", {"noise": "gaussian:25"})]
"""


@hookspec
def register_noise_models() -> "Iterable[NoiseFamily]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the noise families this plugin adds.  Sample nothing here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_image_sets() -> "Iterable[ImageSource]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the image sets this plugin adds.  Read and download nothing here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_methods() -> "Iterable[Method[Any]]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the methods this plugin adds.  Build no network here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_reports() -> "Iterable[Report]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the reports this plugin adds.  Read no results here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_presets() -> "Iterable[Preset]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the presets this plugin adds: named sets of options of `bench run`.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_protocols() -> "Iterable[Protocol]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the protocols this plugin adds: rules of scoring, for `--protocol`.

    A name already taken stops the program with both plugins named.

    >>> @hookimpl
    ... def register_protocols():
    ...     return [Protocol(name="cut", version=1, summary="without 8 pixels", border_px=8)]
    """


@hookspec
def register_budgets() -> "Iterable[Budget]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the budgets this plugin adds: named lengths of training, for `--budget`.

    Results say how many megapixels such a budget has, not its name.  A name already taken stops
    the program with both plugins named.
    """


@hookspec
def register_recipes() -> "Iterable[Recipe]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the recipes this plugin adds: how weights were trained, or would be.

    The weights may be of any plugin's method.  Read no weights here.  A name already taken stops
    the program with both plugins named.
    """


@hookspec
def register_trackers() -> "Iterable[Tracker]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the trackers this plugin adds, for `--track`.  Connect to nothing here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_executors() -> "Iterable[Executor]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the executors this plugin adds: kinds of `--workers`.  Start nothing here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_metrics() -> "Iterable[Metric]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the metrics this plugin adds, for `bench measure`.  Load no network here.

    A name already taken stops the program with both plugins named.
    """


@hookspec
def register_published() -> "Iterable[PublishedTable]":  # type: ignore[empty-body]  # a pluggy spec
    """Return the tables of published figures this plugin adds, to be shown next to results.

    Read none here.  The file of a plugin that is not the suite's is checked at start-up.  A name
    already taken stops the program with both plugins named.
    """
