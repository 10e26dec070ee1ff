"""Presets: named sets of plain options of `bench run`, as `bench run --preset NAME`.

A preset can do nothing that its options cannot: it saves typing, and names what a paper ran.
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

    summary: what it runs, and from which paper.  settings: option without dashes -> value as typed,
    in the order of a command line.  Raises UserError for an option that a preset cannot set and for
    a value that is not text.

    >>> Preset("gauss25-gray", "σ = 25 in gray", {"noise": "gaussian:25", "channels": "gray"}).name
    'gauss25-gray'
    """

    name: str
    summary: str
    settings: Mapping[str, str]

    def __post_init__(self) -> None:
        check_settings(f"preset {self.name}", self.settings, SETTINGS)


def check_settings(whose: str, settings: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise UserError for an unknown option, and for a value that is not text."""
    for option, value in settings.items():
        if option not in known:
            raise unknown_name(f"setting of {whose}", option, known)
        if not isinstance(value, str) or not value:
            raise UserError(f"{whose}: --{option} is {value!r}; write the text that is typed")
