"""Presets: named sets of plain options of `bench run`, as `bench run --preset NAME`.

A preset can do nothing that its options could not: it spares typing, and names what a paper ran.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from denoisebench.errors import UserError, unknown_name

SETTINGS = (
    *("method", "noise", "parameters", "channels", "datasets", "protocol", "seed"),
    *("train-set", "source-noise", "target-noise", "draws", "budget", "steps", "batch", "crop"),
)
"""The options that a preset may set: those that say what is computed."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A named set of options.

    summary: what it runs, and whose it is.  settings: option without dashes -> value as it would
    be typed, in the order of a command line.  Raises UserError for an option that a preset cannot
    set and for a value that is no text.
    """

    name: str
    summary: str
    settings: Mapping[str, str]

    def __post_init__(self) -> None:
        check_settings(f"preset {self.name}", self.settings, SETTINGS)


def check_settings(whose: str, settings: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise UserError for an option that is not known, and for a value that is no text."""
    for option, value in settings.items():
        if option not in known:
            raise unknown_name(f"setting of {whose}", option, known)
        if not isinstance(value, str) or not value:
            raise UserError(f"{whose}: --{option} is {value!r}; write the text that is typed")
