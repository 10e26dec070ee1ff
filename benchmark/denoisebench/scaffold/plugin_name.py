"""The name of a new plugin, in all its forms, and whether it is free."""

import importlib.util
import re
from dataclasses import dataclass
from keyword import iskeyword
from typing import TYPE_CHECKING

from denoisebench.errors import UserError, shortened

if TYPE_CHECKING:
    from denoisebench.registry.registries import Registries

LONGEST = 40
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class PluginName:
    """text: as it stands in specs, `my-method`.

    Raises UserError for another text than words in lower case with hyphens between them.
    """

    text: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.text) or len(self.text) > LONGEST:
            raise UserError(
                f"the name {shortened(self.text)} cannot be used; write words in lower case with"
                f" hyphens between them, at most {LONGEST} characters, as in my-method"
            )

    @property
    def folder(self) -> str:
        return f"denoisebench-{self.text}"

    @property
    def package(self) -> str:
        return self.folder.replace("-", "_")

    @property
    def file(self) -> str:
        """Of the plugin in one module."""
        stem = self.text.replace("-", "_")
        return f"{stem}_.py" if iskeyword(stem) else f"{stem}.py"

    @property
    def camel(self) -> str:
        return "".join(word.capitalize() for word in self.text.split("-"))

    @property
    def title(self) -> str:
        return self.text.replace("-", " ").capitalize()

    def refuse_taken(self, kind: str, registries: "Registries") -> None:
        """Raise UserError if a plugin offers a thing of that kind, in words, and of this name."""
        if f"{kind} {self.text}" in registries.origins:
            raise UserError(f"{self.text!r} is the name of another {kind}; give another")

    def refuse_importable(self) -> None:
        """Raise UserError if this machine has a package of the name that ours would get."""
        if importlib.util.find_spec(self.package) is not None:
            raise UserError(f"{self.package} can be imported here already; give another name")
