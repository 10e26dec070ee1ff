"""`--config FILE`: options from a TOML file, each checked against what the option takes.

A file that a stranger wrote can run no code: the plugins it names are loaded only with
`--allow-config-plugins`, which no file can set.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
import msgspec

from denoisebench.cli.shared.option_types import Seeds
from denoisebench.documents import read_toml
from denoisebench.errors import UserError
from denoisebench.specs import LARGEST_WHOLE

F = TypeVar("F", bound=Callable[..., Any])


class _Kind(NamedTuple):
    """The values that an option takes in a file: a type, and words."""

    type: Any
    words: str


_FLAG = _Kind(bool, "true or false")
_WHOLE = _Kind(int, "a whole number")
_SEEDS = _Kind(int | list[int] | str, "a whole number or a list of them")
_TEXT = _Kind(str, "a text of one line")
_TEXTS = _Kind(str | list[str], "a text of one line or a list of them")


def config_option(function: F) -> F:
    """Add `--config`, and the leave to load the plugins that the file names."""
    return _config(_allow_plugins(function))


def _take_settings(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Take a file's settings as the defaults of the options of the same names."""
    del parameter
    if value is None:
        return
    try:
        settings = read_toml(Path(value))
    except OSError as error:
        raise UserError(f"--config {value}: {error.strerror or error}") from None
    except ValueError as error:
        raise UserError(f"--config {value} is not TOML: {error}") from None
    options = [p for p in ctx.command.params if isinstance(p, click.Option) and p.expose_value]
    known = {name.lstrip("-"): option for option in options for name in option.opts}
    for key in settings:
        if key not in known:
            raise UserError(f"--config {value}: unknown setting {key!r}; known: {sorted(known)}")
    ctx.default_map = {
        str(known[key].name): _checked(f"{value}: {key}", setting, known[key])
        for key, setting in settings.items()
    }


def _checked(what: str, value: Any, option: click.Option) -> Any:
    """The value of an option as it is typed.  UserError when it is of a kind that it cannot be."""
    kind = _kind_of(option)
    try:
        typed = msgspec.convert(value, kind.type)
        _refuse_extremes(typed)
    except ValueError:
        raise UserError(f"{what} must be {kind.words}, not {_told(value)}") from None
    if option.multiple:
        return typed if isinstance(typed, list) else [typed]
    return ",".join(map(str, typed)) if isinstance(typed, list) else typed


def _kind_of(option: click.Option) -> _Kind:
    if option.is_flag:
        return _FLAG
    if isinstance(option.type, click.types.IntParamType):
        return _WHOLE
    if isinstance(option.type, Seeds):
        return _SEEDS
    return _TEXTS if isinstance(option.type, click.types.StringParamType) else _TEXT


def _refuse_extremes(value: Any) -> None:
    """Raise ValueError for a text with a control character, and for a number of too many bits."""
    for item in value if isinstance(value, list) else [value]:
        if min(item, default=" ") < " " if isinstance(item, str) else abs(item) > LARGEST_WHOLE:
            raise ValueError


def _told(value: Any) -> str:
    """A value of a file in few words."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "such a list"
    if isinstance(value, str):
        return "such a text" if len(value) > 60 else repr(value)
    if isinstance(value, bool):
        return str(value).lower()
    huge = isinstance(value, int) and abs(value) > LARGEST_WHOLE
    return "one of more than 63 bits" if huge else str(value)


def _refuse_plugins(ctx: click.Context, parameter: click.Parameter, allowed: bool) -> None:
    del parameter
    named = (ctx.default_map or {}).get("plugin")
    if named and not allowed:
        raise UserError(
            f"--config names plugins, which run code ({', '.join(named)}): give"
            " --allow-config-plugins if you trust them, or --plugin for each"
        )


_config = click.option(
    "--config",
    callback=_take_settings,
    is_eager=True,
    expose_value=False,
    metavar="FILE",
    help="Read these options from a TOML file of the same names.",
)

_allow_plugins = click.option(
    "--allow-config-plugins",
    callback=_refuse_plugins,
    is_flag=True,
    expose_value=False,
    help="Load the plugins that the --config file names; they run code.",
)
