"""A ranking without references as a table, as CSV and as JSON."""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from itertools import groupby

import numpy as np

from denoisebench.ranking.records import UNITS_255, VARIANCES, ImageRank, RankedMethod
from denoisebench.ranking.standings import (
    SCORES,
    TRUTH,
    Agreement,
    Standing,
    agreement,
    standings,
    winner,
)
from denoisebench.results.csv_text import csv_text
from denoisebench.results.strict_json import exported, json_text

EMPTY: Mapping[str, str] = {}
WIDTH = 100
NONE = "–"
HEADS = {
    "masked_error": "masked error",
    "whiteness": "whiteness",
    "sure": "SURE",
    "psnr_db": "PSNR, truly",
}
MOST_DECIMALS = {"masked_error": 4, "whiteness": 4, "sure": 4, "psnr_db": 2}
DIGITS = 4
"""Of the greatest number of a column; the others have as many decimals."""

BELIEVE = (
    "Least is best. ±: half the 95 % t-interval of the mean over images. =: tied with the best: the"
    " paired difference over the same images has an interval that holds 0, of 95 % for all pairs of"
    " methods together.",
    "masked error: mean square ({unit}) between the noisy image and an estimate that had not"
    " seen those pixels: the error of such an estimate plus the noise's variance, its floor."
    " Believe it where noise is independent from pixel to pixel, of any distribution and level; it"
    " is hard on methods that count on the pixel itself.",
    "SURE: the estimate's own mean squared error ({unit}). Believe it first where noise is"
    " Gaussian and independent and its level is right; a wrong level may reverse it, and a SURE"
    " well below 0 says that something of this does not hold.",
    "whiteness: root mean square autocorrelation of what was removed; 0 is white. It finds who"
    " removes structure; who removes too little is white as well, and correlated noise turns it"
    " around.",
)


Commands = Mapping[str, str]
"""The command that denoises the images of a set by its best method, by the set."""


def render_table(ranked: Sequence[RankedMethod], commands: Commands = EMPTY) -> str:
    """A table per image set, then what its scores are and when to believe which, then commands."""
    parts = ["\n".join(_section(list(group))) for group in _by_set(ranked)]
    unit = ranked[0].unit if ranked else UNITS_255
    notes = [line for note in BELIEVE for line in textwrap.wrap(note.format(unit=unit), WIDTH)]
    if all(of.unit == VARIANCES for of in ranked):
        notes.append("variances of the noise: the noisy image has a SURE of 1, the truth of 0.")
    return "\n\n".join([*parts, "\n".join(notes), *_endings(ranked, commands)])


def _endings(ranked: Sequence[RankedMethod], commands: Commands) -> list[str]:
    """The best of each set, and the command that denoises with it."""
    ends = []
    for group in _by_set(ranked):
        best, command = winner(group), commands.get(group[0].dataset)
        if best is not None and command is not None:
            ends.append(
                f"best by {HEADS[best[1]]}: {best[0]}.  To denoise with it:\n\n    {command}"
            )
    return ends


def render_csv(ranked: Sequence[RankedMethod], commands: Commands = EMPTY) -> str:
    """One line per image set, method and score.  The commands are not in it."""
    del commands
    names = ["dataset", "noise", "parameters", *(f.name for f in fields(Standing))]
    rows = []
    for group in _by_set(ranked):
        of = group[0]
        for standing in _all_standings(group):
            record = {"dataset": of.dataset, "noise": of.noise, "parameters": of.parameters}
            record |= exported(asdict(standing))
            rows.append([record[name] for name in names])
    return csv_text([names, *rows]).rstrip("\n")


def render_json(ranked: Sequence[RankedMethod], commands: Commands = EMPTY) -> str:
    """`[{dataset, noise, parameters, unit, denoise, standings, agreement, methods}]`: methods with
    every image's scores, denoise the command of the best one.  A missing number is null, an
    infinite one the string "inf" or "-inf"."""
    sets = [
        {
            "dataset": group[0].dataset,
            "noise": group[0].noise,
            "parameters": group[0].parameters,
            "unit": group[0].unit,
            "denoise": commands.get(group[0].dataset),
            "standings": [asdict(standing) for standing in _all_standings(group)],
            "agreement": [asdict(found) for found in _agreements(group)],
            "methods": [
                {
                    "method": of.method,
                    "weights": of.weights,
                    "train_set": of.train_set,
                    "images": [asdict(image) for image in of.images],
                }
                for of in group
            ],
        }
        for group in _by_set(ranked)
    ]
    return json_text(exported(sets)).rstrip("\n")


FORMATS: Mapping[str, Callable[[Sequence[RankedMethod], Commands], str]] = {
    "table": render_table,
    "csv": render_csv,
    "json": render_json,
}


def _by_set(ranked: Sequence[RankedMethod]) -> list[list[RankedMethod]]:
    """The methods of each image set under each noise, whose order is kept."""
    return [list(group) for _, group in groupby(ranked, lambda r: (r.dataset, r.noise))]


def _has_truth(group: Sequence[RankedMethod]) -> bool:
    return any(not math.isnan(image.psnr_db) for of in group for image in of.images)


def _scores(group: Sequence[RankedMethod]) -> tuple[str, ...]:
    return (*SCORES, TRUTH) if _has_truth(group) else SCORES


def _all_standings(group: Sequence[RankedMethod]) -> list[Standing]:
    return [standing for score in _scores(group) for standing in standings(group, score)]


def _agreements(group: Sequence[RankedMethod]) -> list[Agreement]:
    found = (agreement(group, score) for score in SCORES)
    return [each for each in found if each is not None]


def _section(group: Sequence[RankedMethod]) -> list[str]:
    """The table of one set, and, where the truth is known, how far each ranking agrees with it."""
    from tabulate import tabulate

    of, scores = group[0], _scores(group)
    columns = [_column(standings(group, score)) for score in scores]
    body = [
        [g.method, *cells, _origin(g)]
        for g, cells in zip(group, zip(*columns, strict=True), strict=True)
    ]
    title = f"{of.dataset}, {len(of.images)} images, {of.noise}, parameters {of.parameters}"
    heads = ["method", *(HEADS[score] for score in scores), "weights"]
    lines = [title, *tabulate(body, heads, disable_numparse=True).splitlines(), _level(group)]
    lines += _untold(group) + _exact(group)
    agreements = _agreements(group)
    if agreements:
        lines += ["", *_agreement_lines(agreements)]
    return lines


def _column(column: Sequence[Standing]) -> list[str]:
    """The cells of one score: `81.2 ±4.0  2=`."""
    greatest = max((abs(s.mean) for s in column if s.images), default=0.0)
    before = math.floor(math.log10(greatest)) + 1 if greatest > 0.0 else 0
    decimals = min(max(DIGITS - before, 0), MOST_DECIMALS[column[0].score])
    return [_cell(standing, decimals) for standing in column]


def _cell(standing: Standing, decimals: int) -> str:
    if not standing.images:
        return NONE
    half = standing.half_interval
    interval = "" if math.isnan(half) else f" ±{half:.{decimals}f}"
    return f"{standing.mean:.{decimals}f}{interval}  {standing.rank or NONE}{'=' * standing.tied}"


def _origin(of: RankedMethod) -> str:
    """Where the denoiser comes from: `trained on test (transductive)`, `zoo:…`, `none`."""
    return f"{of.weights} on {of.train_set}" if of.weights == "trained" else of.weights


def _level(group: Sequence[RankedMethod]) -> str:
    of = group[0]
    levels = np.array([image.sigma_255 for image in of.images])
    found = levels[np.isfinite(levels)]
    if not found.size:
        return "SURE: there is none, without a level of Gaussian noise"
    how = "given" if of.parameters == "known" else "estimated from each image, median"
    return f"SURE takes σ = {float(np.median(found)):.3g} ({how})"


def _untold(group: Sequence[RankedMethod]) -> list[str]:
    """Images whose noise level some methods cannot find; they are in none of those methods'
    means."""
    return [
        f"left out of the means: {image}, whose noise level cannot be told by {', '.join(its)}"
        for image, its in _methods_of(group, lambda image: not image.is_denoised).items()
    ]


def _exact(group: Sequence[RankedMethod]) -> list[str]:
    """The images that methods reproduce exactly, which are in no mean of the true PSNR."""
    return [
        f"left out of the means of the true PSNR: {image}, reproduced exactly by {', '.join(its)}"
        for image, its in _methods_of(group, lambda image: math.isinf(image.psnr_db)).items()
    ]


def _methods_of(
    group: Sequence[RankedMethod], holds: Callable[[ImageRank], bool]
) -> dict[str, list[str]]:
    """The methods for which something holds, by image."""
    methods: dict[str, list[str]] = {}
    for of in group:
        for image in filter(holds, of.images):
            methods.setdefault(image.image, []).append(of.method)
    return methods


def _agreement_lines(agreements: Sequence[Agreement]) -> list[str]:
    from tabulate import tabulate

    body = [
        [
            HEADS[found.score],
            found.methods,
            f"{found.spearman:.2f}",
            f"{found.kendall:.2f}",
            f"{found.spearman_image:.2f} ±{found.half_interval:.2f}",
            f"{found.first}, −{found.first_loses_db:.2f} dB",
        ]
        for found in agreements
    ]
    heads = ["against PSNR", "methods", "Spearman", "Kendall", "Spearman per image", "its first"]
    return tabulate(body, heads, disable_numparse=True).splitlines()
