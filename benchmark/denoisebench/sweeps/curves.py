"""The curves of a sweep: what the results of its cells say, point by point, and over which axis."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import ORACLE
from denoisebench.planning.plan import CellPlan
from denoisebench.results.records import CellResult
from denoisebench.scoring.average import means_of_images, psnr_of_images
from denoisebench.scoring.paired import paired_difference
from denoisebench.scoring.statistics import finite_mean, mean_of
from denoisebench.specs import number_text
from denoisebench.sweeps.plan import Series, Sweep


@dataclass(frozen=True, slots=True)
class Point:
    """A denoiser's scores on one set under one noise.  half_db: half the 95 % t-interval.

    left_out: images that are in no mean, see `Summary.left_out`.  gain_db: the PSNR less
    that of the noisy image, over the images where both are finite.
    estimate: the mean of the levels that the method estimated, in the unit of the noise it was
    trained on; NaN where it estimates none.  error: the mean of estimate/level − 1, and error_half
    half its interval; NaN where the two have not one unit.
    """

    images: int
    left_out: int
    psnr_db: float
    half_db: float
    noisy_psnr_db: float
    gain_db: float
    estimate: float
    error: float
    error_half: float


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with a point per noise of the grid; None where there is no result."""

    series: Series
    points: tuple[Point | None, ...]

    @property
    def estimates(self) -> bool:
        return any(point and not math.isnan(point.estimate) for point in self.points)

    @property
    def errors(self) -> bool:
        return any(point and not math.isnan(point.error) for point in self.points)


@dataclass(frozen=True, slots=True)
class Axis:
    """The difference between the noises of a grid.

    values: a number for each; texts: how it is written.  levels: one of the noises, where they
    differ in their level alone.
    """

    symbol: str
    title: str
    values: tuple[float, ...]
    texts: tuple[str, ...]
    logarithmic: bool = False
    levels: Noise | None = None

    def trained_at(self, series: Series) -> float | None:
        """The level on this axis that a series was trained at; None where it is not one."""
        noise = series.trained_on
        if (
            self.levels is None
            or noise is None
            or noise.is_range
            or not noise.same_family(self.levels)
        ):
            return None
        return noise.low


def curves_of(sweep: Sweep, results: Iterable[CellResult]) -> list[Curve]:
    """The curves that results make; those that failed or decline leave gaps."""
    scored = {
        result.cell: result
        for result in results
        if result.error is None and result.declines is None
    }
    return [
        Curve(one, tuple(_point(one.cells.get(str(noise), ()), scored) for noise in sweep.noises))
        for one in sweep.series
    ]


def words(curve: Curve, curves: Sequence[Curve]) -> list[str]:
    """The difference between a curve and the others: its method, its training noise, and its
    departures from `common`."""
    parts = [curve.series.method]
    if curve.series.trained_on:
        parts.append(f"trained on {curve.series.trained_on}")
    elif curve.series.learns:
        parts.append("trained on each level")
    same_method = [other for other in curves if other.series.method == curve.series.method]
    if curve.series.assumed and len({other.series.assumed for other in same_method}) > 1:
        parts.append(f"assuming {curve.series.assumed}")
    if len({other.series.parameters for other in curves}) > 1:
        parts.append(_known(curve.series.parameters))
    if len({other.series.protocol for other in curves}) > 1:
        parts.append(f"protocol {curve.series.protocol}")
    return parts


def common(curves: Sequence[Curve]) -> str:
    """The parameters and the protocol, as far as all curves have the same."""
    kinds = [
        {_known(curve.series.parameters) for curve in curves},
        {f"protocol {curve.series.protocol}" for curve in curves},
    ]
    return ", ".join(one for one, *others in kinds if not others)


def _known(parameters: str) -> str:
    """The knowledge of the levels, in words."""
    return ORACLE if parameters == ORACLE else f"parameters {parameters}"


def axis_of(noises: Sequence[Noise]) -> Axis:
    """The level where nothing else differs, the number behind it where that alone does, else the
    noises by their specs."""
    first, family = noises[0], noises[0].family
    settings = [noise.family.settings() for noise in noises]
    if all(noise.same_family(first) for noise in noises):
        levels = tuple(noise.low for noise in noises)
        kind = f"{family.name}:{family.symbol}:{settings[0]}" if settings[0] else family.name
        return Axis(
            symbol=family.symbol,
            title=f"{family.symbol} of {kind} noise ({family.unit})",
            values=levels,
            texts=tuple(map(number_text, levels)),
            logarithmic=Noise(family, min(levels), max(levels)).spread == "log",
            levels=first,
        )
    alike = all((n.family.name, n.low) == (family.name, first.low) for n in noises)
    if alike and all(map(_is_number, settings)):
        title = f"x of {family.name}:{number_text(first.low)}:x noise"
        return Axis("x", title, tuple(map(float, settings)), tuple(settings))
    places = tuple(map(float, range(len(noises))))
    return Axis("noise", "noise", places, tuple(map(str, noises)))


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _point(cells: Sequence[CellPlan], scored: Mapping[str, CellResult]) -> Point | None:
    """The summary of the cells of one point; None if there is none."""
    there = [cell for cell in cells if cell.id in scored]
    scores = [score for cell in there for score in scored[cell.id].scores]
    if not scores:
        return None
    family = there[0].noise.family
    psnr_of_image = psnr_of_images(
        ((score.image, score.psnr_db) for score in scores), str(there[0].protocol)
    )
    noisy_of_image = means_of_images((score.image, score.noisy_psnr_db) for score in scores)
    picked = there[0].parameters == ORACLE  # by the clean image: no estimate
    estimated = [
        (s.image, s.level_estimate, s.level)
        for s in scores
        if s.level_estimate is not None and not picked
    ]
    estimates = means_of_images((image, estimate) for image, estimate, _ in estimated)
    errors = means_of_images(
        (image, estimate / level - 1.0)
        for image, estimate, level in estimated
        if level and there[0].task.noise.family.shares_level(family)
    )
    psnr_db, error = mean_of(psnr_of_image.values()), mean_of(errors.values())
    return Point(
        images=len(psnr_of_image),
        left_out=len(psnr_of_image) - psnr_db.count,
        psnr_db=psnr_db.value,
        half_db=psnr_db.half_interval,
        noisy_psnr_db=finite_mean(noisy_of_image.values()),
        gain_db=paired_difference(psnr_of_image, noisy_of_image).mean,
        estimate=finite_mean(estimates.values()),
        error=error.value,
        error_half=error.half_interval,
    )
