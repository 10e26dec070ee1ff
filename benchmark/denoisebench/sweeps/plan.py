"""Sweeps: denoisers scored over a grid of noises, as curves.

A sweep adds no kind of cell: its cells are those of `bench run` at each noise of the grid.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from denoisebench.errors import UserError
from denoisebench.noise.family import Noise
from denoisebench.planning.answers import evidence_of
from denoisebench.planning.ids import hash_of
from denoisebench.planning.plan import CellPlan, Plan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.planning.training_planner import mismatch
from denoisebench.registry.registries import Registries
from denoisebench.specs import number_text


@dataclass(frozen=True, slots=True)
class Series:
    """The cells of one curve, by noise; several where seeds differ.

    learns: whether the method is trained at all.  trained_on: the noise that all its denoisers were
    trained on, None where there is no one noise.  assumed: the noise that a method which is not
    trained takes the images for, if it is another than theirs; else empty.
    """

    method: str
    learns: bool
    trained_on: Noise | None
    assumed: str
    parameters: str
    dataset: str
    protocol: str
    cells: Mapping[str, tuple[CellPlan, ...]]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The cells to compute, and the curves that they make."""

    noises: tuple[Noise, ...]
    plan: Plan
    series: tuple[Series, ...]

    @property
    def id(self) -> str:
        """A name that another sweep does not have."""
        return hash_of({"cells": [cell.id for cell in self.plan.cells]})

    @property
    def datasets(self) -> list[str]:
        return list(dict.fromkeys(series.dataset for series in self.series))


def grid(texts: Sequence[str], points: int, registries: Registries) -> tuple[Noise, ...]:
    """The noises of a sweep: each level as it is, and each range sampled at `points` levels.

    They lie in the range as the levels that are drawn from it do, to three digits.  Raises
    UserError for a range that begins where there is no noise.
    """
    noises: dict[str, Noise] = {}
    for asked in map(registries.noise, texts):
        if not asked.is_range:
            noises[str(asked)] = asked
            continue
        family, least = asked.family, asked.family.lowest
        if asked.low < least:
            raise UserError(
                f"--noise {asked}: a sweep begins at a level; the least of {family.name} noise is"
                f" {number_text(least)}"
            )
        between = [asked.level_quantile(i / (points - 1)) for i in range(1, points - 1)]
        for level in (asked.low, *between, asked.high):
            noises[str(Noise(family, level, level))] = Noise(family, level, level)
    return tuple(noises.values())


def plan_sweep(
    request: Request, train_noises: Sequence[str | None], points: int, registries: Registries
) -> Sweep:
    """Plan the request at a grid of its noises for each noise to train on (None: as it says).

    Raises UserError for what `make_plan` refuses, for images whose noise is given, and for a
    protocol that averages anything but dB.
    """
    noises = grid(request.noises, points, registries)
    texts = tuple(map(str, noises))
    plans = [
        make_plan(replace(request, noises=texts, source_noise=text), registries)
        for text in train_noises
    ]
    for cell in (cell for plan in plans for cell in plan.cells):
        if cell.image_set.noisy_is_given:
            raise UserError(
                f"{cell.image_set.spec} gives its noisy images: there is no other noise to sweep"
            )
        if cell.protocol.average != "db":
            raise UserError(
                f"protocol {cell.protocol} averages errors and a sweep averages dB: leave average="
                f"{cell.protocol.average} out"
            )
    meant = {
        mismatch(noise, trained_on)
        for trained_on in [registries.noise(text) for text in train_noises if text]
        for noise in noises
    }
    whole = Plan.joined(plans)
    whole = replace(whole, notes=tuple(note for note in whole.notes if note not in meant))
    return Sweep(noises, whole, _different(one for plan in plans for one in _series(plan)))


def _series(plan: Plan) -> list[Series]:
    """The cells of a plan by curve."""
    curves: dict[tuple[str, str, str, str], defaultdict[str, list[CellPlan]]] = {}
    for cell in plan.cells:
        key = (cell.method_label, cell.parameters, cell.image_set.spec, str(cell.protocol))
        curves.setdefault(key, defaultdict(list))[str(cell.noise)].append(cell)
    return [
        Series(
            method=method,
            learns=_learns(_flat(cells)),
            trained_on=_trained_on(_flat(cells)),
            assumed=max((cell.assumed for cell in _flat(cells)), default=""),
            parameters=parameters,
            dataset=dataset,
            protocol=protocol,
            cells={noise: tuple(at_one) for noise, at_one in cells.items()},
        )
        for (method, parameters, dataset, protocol), cells in curves.items()
    ]


def _flat(cells: Mapping[str, Sequence[CellPlan]]) -> list[CellPlan]:
    return [cell for at_one in cells.values() for cell in at_one]


def _trained_on(cells: Sequence[CellPlan]) -> Noise | None:
    noises = {str(cell.task.noise): cell.task.noise for cell in cells}
    return next(iter(noises.values())) if len(noises) == 1 and _learns(cells) else None


def _learns(cells: Sequence[CellPlan]) -> bool:
    return any(evidence_of(cell.method, cell.config).is_trained for cell in cells)


def _different(series: Iterable[Series]) -> tuple[Series, ...]:
    """By method, and without those whose cells another has: of what learns nothing, for other
    training noise."""
    kept: dict[tuple[str, ...], Series] = {}
    for one in series:
        kept.setdefault(tuple(cell.id for cell in _flat(one.cells)), one)
    methods = list(dict.fromkeys(one.method for one in kept.values()))
    return tuple(sorted(kept.values(), key=lambda one: methods.index(one.method)))
