"""The planes of a user's files that `bench rank --images` ranks, shown as `bench denoise` shows
them.

All planes are shown with noise of one level, that with which the default of `bench denoise` is
shown the typical one.  So the noise of all files, channels and detectors is Gaussian noise of one
known level, and the scores of their planes can be averaged.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.execution.runner import weights_of
from denoisebench.images.channels import CHANNEL_WORDS
from denoisebench.images.image_set import ImageSet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.own_images.denoiser_choice import best_of, bundled_denoisers, fitting_denoisers
from denoisebench.own_images.option_checks import WEIGHTS
from denoisebench.own_images.options import LookOptions
from denoisebench.own_images.planes import described
from denoisebench.own_images.shown_set import (
    Seen,
    failure_line,
    noisy_planes,
    shown_level,
    shown_set,
)
from denoisebench.own_images.treatment import check_look
from denoisebench.planning.plan import CellPlan, Plan
from denoisebench.plugin.method import TrainedMethod
from denoisebench.ranking.records import RankedMethod
from denoisebench.ranking.standings import winner
from denoisebench.registry.registries import Registries

MOST_PLANES = 12
"""That are ranked on; of more, evenly spread ones."""

LARGEST_PX = 512
"""Of the sides of what is ranked on; of a larger plane the middle."""


@dataclass(frozen=True, slots=True)
class OwnSet:
    """The gray or the colour planes.  level: of their noise as they are shown, in 0-255 units.
    files: those that they are of."""

    image_set: ImageSet
    level: float
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """The findings in files.  lines: on each; failures: on those that cannot be ranked on."""

    sets: tuple[OwnSet, ...]
    lines: tuple[str, ...]
    failures: tuple[str, ...]


def look_at_files(paths: Sequence[Path], options: LookOptions, registries: Registries) -> OwnFiles:
    """Look at the noise of files, and choose the planes to rank on.

    Raises UserError for options that fit no file, and where no file shows any noise.
    """
    check_look(options, registries)
    seen, failures = [], []
    for path in paths:
        try:
            seen.append(Seen.of(path, options, registries))
        except UserError as error:
            failures.append(failure_line(path, error))
    noisy = [file for file in seen if file.has_noise]
    if not noisy:
        raise UserError("; ".join(failures) or "no noise is found in any file: nothing to rank on")
    sets = [
        _own_set([file for file in noisy if file.source.channels == channels], channels, registries)
        for channels in sorted({file.source.channels for file in noisy})
    ]
    return OwnFiles(tuple(sets), tuple(map(_line, seen)), tuple(failures))


def usual_methods(sets: Sequence[OwnSet], registries: Registries) -> tuple[str, ...]:
    """The methods that are ranked where none is named: those that need no weights, and those whose
    bundled weights fit."""
    ranked = [name for name in DEFAULTS.ranked_methods if name in registries.methods]
    for name, method in registries.methods.items():
        if isinstance(method, TrainedMethod) and any(_fits(name, own, registries) for own in sets):
            ranked.append(name)
    return tuple(ranked)


def denoise_commands(
    plan: Plan,
    ranked: Sequence[RankedMethod],
    sets: Sequence[OwnSet],
    inputs: Sequence[str],
    options: LookOptions,
    weights: str,
    out: Path,
) -> dict[str, str]:
    """The command that denoises the files of each set by its best method.

    inputs, weights: as they were typed.  out: the folder of trainings.
    """
    commands = {}
    for own in sets:
        spec = own.image_set.spec
        best = winner([of for of in ranked if of.dataset == spec])
        if best is None:
            continue
        chosen = {(c.image_set.spec, c.method_spec): c for c in plan.cells}[spec, best[0]]
        files = list(inputs) if len(sets) == 1 else [str(path) for path in own.files]
        words = ["bench", "denoise", *files, "--method", best[0], *_weights(chosen, weights, out)]
        words += options.words
        commands[spec] = shlex.join(words)
    return commands


def in_variances(ranked: Sequence[RankedMethod], sets: Sequence[OwnSet]) -> list[RankedMethod]:
    """The findings, with squares in variances of the noise."""
    levels: Mapping[str, float] = {own.image_set.spec: own.level for own in sets}
    return [of.in_variances(levels[of.dataset]) for of in ranked]


def _own_set(files: Sequence[Seen], channels: int, registries: Registries) -> OwnSet:
    level = shown_level(files, "rank --images")
    family = Noise(Gaussian(), *Gaussian.blind)
    low, high = best_of(fitting_denoisers(registries, None, "auto", family, channels), level).levels
    level = min(max(level, low), high)
    spec = f"own {CHANNEL_WORDS[channels]} images"
    noise = str(Noise(Gaussian(), level, level))
    image_set = shown_set(
        spec, noisy_planes(files), channels, level, MOST_PLANES, noise=noise, side_px=LARGEST_PX
    )
    return OwnSet(image_set, level, tuple(file.source.path for file in files))


def _fits(method: str, own: OwnSet, registries: Registries) -> bool:
    noise = Noise(Gaussian(), own.level, own.level)
    return bool(bundled_denoisers(registries, method, noise, own.image_set.channels))


def _weights(cell: CellPlan, asked: str, out: Path) -> list[str]:
    """The option for weights that `bench denoise` would not choose by itself."""
    if cell.given is not None:
        return [] if asked in WEIGHTS else ["--weights", asked]
    path = weights_of(cell, out)
    return [] if path is None else ["--weights", str(path)]


def _line(file: Seen) -> str:
    found = [
        f"{f'channel {group}: ' if len(file.looks) > 1 else ''}noise {look.noise.text}"
        for group, look in file.looks.items()
    ]
    warnings = [f"\n  {w}" for look in file.looks.values() for w in look.noise.warnings]
    return f"{file.source.path}  {described(file.source)}; {'; '.join(found)}{''.join(warnings)}"
