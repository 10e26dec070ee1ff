"""bench show: one thing in full."""

import textwrap
from collections.abc import Callable, Mapping
from types import MappingProxyType

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.shown import Lines, equations, method_facts, prose, published, settings
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.noise.family import Preserves
from denoisebench.noise.spread import SPREAD_WORDS
from denoisebench.planning.answers import evidence_of
from denoisebench.registry.docstrings import EQUATION
from denoisebench.registry.registries import Registries
from denoisebench.scoring.protocol_text import spelled_out
from denoisebench.specs import config_spec, number_text

WIDTH = 100

CLEAN_PIXEL: Mapping[Preserves, str] = MappingProxyType(
    {
        "mean": "the mean of a noisy one",
        "median": "the median of a noisy one",
        "mode": "the mode of a noisy one",
        "pixels": "the noisy one where it is kept",
        "nothing": "no mean, median or mode of a noisy one",
    }
)
"""By what the noise preserves."""


def _protocol(text: str, registries: Registries) -> Lines:
    protocol = registries.protocol(text)
    departures = [("departure" if n == 0 else "", d) for n, d in enumerate(protocol.departures)]
    return [
        ("label", str(protocol)),
        ("in short", protocol.summary),
        *spelled_out(protocol).items(),
        *departures,
    ]


def _method(text: str, registries: Registries) -> Lines:
    method, config = registries.method(text)
    spec = str(config_spec(method.name, config))
    return [
        ("spec", spec),
        ("in short", method.summary),
        *prose(method),
        ("evidence", evidence_of(method, config).value),
        *settings(config),
        *equations(method),
        *method_facts(method, config, registries),
        *published(spec, registries),
    ]


def _noise(text: str, registries: Registries) -> Lines:
    noise = registries.noise(text)
    family = noise.family
    return [
        ("spec", str(noise)),
        ("in short", family.summary),
        *prose(family),
        ("level", f"{family.symbol}: {family.unit}"),
        ("lies in", f"{number_text(family.lowest)}..{number_text(family.highest)}"),
        ("blind range", f"{number_text(family.blind[0])}..{number_text(family.blind[1])}"),
        ("in a range", f"levels lie {SPREAD_WORDS[noise.spread]}"),
        ("clean pixel", CLEAN_PIXEL[family.preserves]),
        ("pixels", "independent" if family.independent else "dependent on those around them"),
        ("variance", "known of each pixel" if family.has_variance else "not told to methods"),
        ("estimate", "of its level, from one image" if family.can_estimate else "none"),
    ]


def _dataset(text: str, registries: Registries) -> Lines:
    source, _ = registries.source(text)
    image_set = registries.image_set(text)
    return [
        ("spec", image_set.spec),
        ("in short", source.summary),
        ("images", f"{len(image_set.images)}, {CHANNEL_WORDS[image_set.channels]}"),
        ("noisy", "given" if image_set.noisy_is_given else "drawn"),
        ("digest", image_set.digest),
        *[(name, value) for name in ("source", "licence") if (value := getattr(source, name, ""))],
    ]


_KINDS: Mapping[str, Callable[[str, Registries], Lines]] = MappingProxyType(
    {"protocol": _protocol, "method": _method, "noise": _noise, "dataset": _dataset}
)


@click.command("show")
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.argument("name")
@plugin_option
def command(kind: str, name: str, plugin: tuple[str, ...]) -> None:
    """Spell out a protocol, a method, a noise or a data set; NAME may have settings.

    \b
    bench show protocol nvlabs
    bench show method noise2score:probe=single
    """
    lines = _KINDS[kind](name, load_plugins(plugin))
    width = max(len(title) for title, _ in lines) + 2
    for title, words in lines:
        is_equation = words.startswith(EQUATION)
        wrapped = [words] if is_equation else textwrap.wrap(words, WIDTH - width)
        first, *more = wrapped or [""]
        click.echo(f"{title:{width}}{first}".rstrip())
        for line in more:
            click.echo(f"{'':{width}}{line}")
