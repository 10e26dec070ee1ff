"""Where the results of a page were made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from denoisebench.results.records import CellResult

_MACHINE = {
    "denoisebench": "denoisebench",
    "git": "commit",
    "torch": "PyTorch",
    "numpy": "NumPy",
    "python": "Python",
    "device": "device",
    "device_name": "processor",
    "threads": "threads",
    "precision": "precision",
    "platform": "system",
}
"""The items shown of a result's provenance, and how the page calls it."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where results were made.  common: what holds for all, by its name.  groups: what else holds
    for some of them, and which these are, in words."""

    common: Mapping[str, Any]
    groups: Sequence[tuple[Mapping[str, Any], Sequence[str]]]


def provenance(cells: Iterable[CellResult]) -> Provenance:
    """Where the results were made."""
    made: dict[tuple[tuple[str, Any], ...], list[str]] = {}
    for result in cells:
        named = {_MACHINE[key]: result.provenance.get(key) for key in _MACHINE}
        known = tuple((name, value) for name, value in named.items() if value is not None)
        what = f"{result.method} · {result.noise} · {result.dataset} · seed {result.seed}"
        made.setdefault(known, []).append(f"{what} · {result.cell}")
    machines = [dict(known) for known in made]
    first = machines[0] if machines else {}
    common = {k: v for k, v in first.items() if all(machine.get(k) == v for machine in machines)}
    own = [{k: v for k, v in machine.items() if k not in common} for machine in machines]
    return Provenance(common, list(zip(own, made.values(), strict=True)))
