"""Checks of a table of published figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from denoisebench.conformance.check import Outcome, Rule, failed, passed
from denoisebench.conformance.static_checks import import_light
from denoisebench.conformance.subject import Subject
from denoisebench.errors import UserError
from denoisebench.noise.family import NoiseFamily
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.published import PublishedTable
from denoisebench.registry.loader import load
from denoisebench.registry.published import checked_figures
from denoisebench.scoring.protocol import Protocol


@dataclass(eq=False, kw_only=True)
class TableSubject(Subject):
    """A table of published figures.  siblings: all that its plugin registers."""

    siblings: Sequence[Any]

    def of_type(self, kind: type[Any]) -> dict[str, Any]:
        """The objects of one type that its plugin registers, by name."""
        return {one.name: one for one in self.siblings if isinstance(one, kind)}


def published(subject: TableSubject) -> Outcome:
    registries = load()
    assert isinstance(subject.thing, PublishedTable)  # by its kind
    try:
        checked_figures(
            subject.thing,
            {**registries.noises, **subject.of_type(NoiseFamily)},
            {**registries.image_sets, **subject.of_type(ImageSource)},
            {**registries.protocols, **subject.of_type(Protocol)},
        )
    except UserError as error:
        return failed(str(error), "Mend the file.", subject.thing.file.name)
    return passed()


RULES: tuple[Rule[TableSubject], ...] = (
    Rule("import-light", "Importing it loads no torch, opens and prints nothing.", import_light),
    Rule(
        "published",
        "The columns are right, the sets exist, and no figure is there twice.",
        published,
    ),
)
