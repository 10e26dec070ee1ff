"""The subject of the checks: one object that a plugin registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from denoisebench.conformance.import_check import Origin
from denoisebench.conformance.places import place_of


@dataclass(eq=False, kw_only=True)
class Subject:
    """An object that a plugin registers.

    kind: in words, as `method`.  taken: kind and name of what other plugins offer, and whose it is.
    device: where networks run.
    """

    kind: str
    thing: Any
    origin: Origin
    taken: Mapping[str, str] = field(default_factory=dict)
    device: str = "cpu"

    @property
    def key(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}"

    @property
    def name(self) -> str:
        return str(self.thing.name)

    def place(self, function: str = "") -> str:
        """Where the object's class, or a function of it, is defined: file:line."""
        return place_of(self.thing, self.origin.files, function)
