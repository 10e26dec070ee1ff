"""Choosing among stored results: those of some methods, image sets and noises, each once."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from pathlib import Path

from denoisebench.errors import UserError, unknown_name
from denoisebench.images.orientations import without_ensemble
from denoisebench.results.index import read_all
from denoisebench.results.records import CellResult
from denoisebench.results.store import cell_path
from denoisebench.specs import parse_spec

OUTCOME = ("cell", "training", "train_s", "network_parameters", "gmacs_per_mpx", "peak_memory_mb")
"""Fields that may differ between two results that were made in the same way."""

made_alike = attrgetter(
    *(
        field.name
        for field in fields(CellResult)
        if field.name not in (*OUTCOME, "scores", "provenance", "error")
    )
)
"""All that says how a result was made, except its code and its machine."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Results without an error; the numbers of failed ones, of those without a score, and of older
    ones that were left out."""

    results: tuple[CellResult, ...]
    failed: int
    empty: int
    older: int


def matching(
    results: Sequence[CellResult], wanted: Mapping[str, Iterable[str]]
) -> list[CellResult]:
    """The results that are wanted, as `choose` understands it, in their order.

    Raises UserError for an item that none has.
    """
    places = [_places(results, field, list(items)) for field, items in wanted.items()]
    return [
        result
        for number, result in enumerate(results)
        if all(of_field[number] >= 0 for of_field in places)
    ]


def choose(out: Path, wanted: Mapping[str, Iterable[str]]) -> Selection:
    """The results under `out` that are wanted, in the order in which the wanted items are named;
    then by noise, data set and method, numbers in names by their size.

    wanted: `method`, `dataset` or `noise` -> items; each is a spec as results have it, or the name
    in front of one: `gaussian` stands for all its levels.  A field that is not there, or has no
    items, may be anything.  Of results that differ in nothing but the code, the weights or the
    precision that made them, the one written last.

    Raises UserError where there are none, for an item that none has, and for a damaged result.
    """
    results = read_all(out)
    if not results:
        raise UserError(f"there are no results under {out}; give the --out folder of a run")
    places: dict[str, list[int]] = {result.cell: [] for result in results}
    for field, items in wanted.items():
        for result, place in zip(results, _places(results, field, list(items)), strict=True):
            places[result.cell].append(place)
    kept = [result for result in results if -1 not in places[result.cell]]
    if not kept:
        raise UserError(f"no result under {out} is of all that was asked for together")
    failed = [result for result in kept if result.error is not None]
    sound = [result for result in kept if result.error is None and result.scores]
    if not sound:
        reason = f"failed, as {failed[0].method}: {failed[0].error}" if failed else "has no score"
        raise UserError(f"every result asked for {reason}")
    alike: defaultdict[tuple[object, ...], list[CellResult]] = defaultdict(list)
    for result in sound:
        alike[made_alike(result)].append(result)
    chosen = [its[0] if len(its) == 1 else _written_last(its, out) for its in alike.values()]
    chosen.sort(key=lambda result: (places[result.cell], *map(_in_order, _order(result))))
    empty = len(kept) - len(failed) - len(sound)
    return Selection(tuple(chosen), len(failed), empty, len(sound) - len(chosen))


def _written_last(results: Sequence[CellResult], out: Path) -> CellResult:
    return max(results, key=lambda result: cell_path(out, result.cell).stat().st_mtime)


def _order(result: CellResult) -> tuple[str, ...]:
    """The order of results."""
    return (
        *(result.noise, result.parameters, result.dataset, result.protocol, result.method),
        *(result.budget, str(result.seed)),
    )


@cache
def _in_order(text: str) -> list[str | float]:
    """A key that puts `gaussian:5` before `gaussian:25`."""
    parts = re.split(r"(\d+(?:\.\d+)?(?:e-?\d+)?)", text)
    return [float(part) if number % 2 else part for number, part in enumerate(parts)]


def _places(results: Sequence[CellResult], field: str, items: list[str]) -> list[int]:
    """For each result, the index of the item it matches, by spec or else by name; 0 if there are no
    items, -1 for no match."""
    specs = [str(getattr(result, field)) for result in results]
    names = [(spec, parse_spec(without_ensemble(spec)[0]).name) for spec in specs]
    for item in items:
        if not any(item in pair for pair in names):
            raise unknown_name(f"{field} among the results:", item, {spec for spec, _ in names})
    if not items:
        return [0] * len(results)
    return [next((items.index(word) for word in pair if word in items), -1) for pair in names]
