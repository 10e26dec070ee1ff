"""The effect of `--preset NAME` on the other options of a verb."""

import shlex
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from denoisebench.cli.shared.computing import CommandOptions
from denoisebench.errors import UserError
from denoisebench.planning.run_options import CHANNELS
from denoisebench.plugin.preset import Preset
from denoisebench.registry.registries import Registries
from denoisebench.specs import config_spec, parse_spec, split_list


def with_preset(
    preset: Preset, method: str | None, asked: CommandOptions, registries: Registries
) -> tuple[str | None, CommandOptions]:
    """The method and options of the current command, with what the preset sets.

    Raises UserError if an option that was typed, or is in the settings file, says something
    else, and for a data set that has no version in the preset's channels.
    """
    context = click.get_current_context()
    parameters = {name: p for p in context.command.params for name in p.opts}
    values: dict[str, Any] = {"method": method}
    for option, text in preset.settings.items():
        parameter = parameters[f"--{option}"]
        name = str(parameter.name)
        values[name] = parameter.type_cast_value(context, text)
        given = context.params[name]
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        if _canonical(option, given, registries) != _canonical(option, values[name], registries):
            raise UserError(
                f"--preset {preset.name}: it sets --{option} {text}, and --{option} {given} was"
                " given; leave one of them out"
            )
    method = values.pop("method")
    asked = replace(asked, **values)
    if "channels" in preset.settings:
        _refuse_other_channels(preset, asked, registries)
    return method, asked


def plain_command(preset: Preset) -> str:
    """The command line that says the same without the preset."""
    words = (word for option, text in preset.settings.items() for word in (f"--{option}", text))
    return f"bench run {shlex.join(words)}"


def _canonical(option: str, value: Any, registries: Registries) -> Any:
    """The value of an option, in whatever words it was typed."""
    if option == "method":
        method, config = registries.method(value)
        return str(config_spec(method.name, config))
    if option in ("noise", "source-noise", "target-noise"):
        return [str(registries.noise(text)) for text in split_list(value)]
    if option in ("datasets", "train-set", "parameters"):
        return [str(parse_spec(text)) for text in split_list(value)]
    return value


def _refuse_other_channels(preset: Preset, asked: CommandOptions, registries: Registries) -> None:
    assert asked.channels is not None  # the preset sets it
    for text in split_list(asked.datasets):
        try:
            registries.image_set(text, CHANNELS[asked.channels])
        except UserError as error:
            raise UserError(f"--preset {preset.name}: {error}") from None
