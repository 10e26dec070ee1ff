"""bench status: what a folder of results has, and who works there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from denoisebench.cli.shared.options import out_option
from denoisebench.documents import read_json
from denoisebench.errors import UserError
from denoisebench.execution.claims import Found, living
from denoisebench.execution.plan_record import PlannedUnit, made_otherwise, read_records
from denoisebench.execution.survey import Survey
from denoisebench.outside_text import printable
from denoisebench.results.store import cell_paths, weights_path

MOST_NAMED = 20
"""Units of other code that are named."""


@click.command("status")
@out_option
def command(out: Path) -> None:
    """Tell which trainings and cells are done under DIR, which are being computed, by which
    process, how far they are, and how far the whole command is.

    Works from any terminal, and on any machine that sees DIR.
    """
    if not out.is_dir():
        raise UserError(f"--out {out} is no folder; give the one that `bench run` wrote to")
    claims = living(out)
    claimed = {claim.unit for claim in claims}
    begun = list(_begun(out, claimed))
    for line in (*map(_line, claims), *begun, *_plans(out, claimed)):
        click.echo(printable(line))
    weights = len(list(out.glob("trainings/*/weights.safetensors")))
    cells = len(cell_paths(out))
    click.echo(
        f"{cells} cells and {weights} trainings are done, {len(claims)} in hand,"
        f" {len(begun)} begun and left"
    )


def _plans(out: Path, claimed: set[str]) -> Iterator[str]:
    """How far the plans are that are worked on; where none is, the one that was begun last."""
    records, damaged = read_records(out)
    for path in damaged:
        yield f"{path} cannot be read: what it plans does not count"
    worked_on = [r for r in records if claimed & {unit.id for unit in r.units}]
    for record in worked_on or records[:1]:
        others = [other for other in records if other is not record]
        yield from _of_others(list(made_otherwise(record, others, out)))
        whole = Survey(record, out).look()
        left = whole.done < whole.total
        note = whole.note if worked_on else "none in hand" if left else ""
        of = f"plan {record.plan}: " if len(worked_on) > 1 else ""
        yield of + str(replace(whole, note=note))


def _of_others(pairs: Sequence[tuple[PlannedUnit, PlannedUnit]]) -> Iterator[str]:
    """Units that exist, but differ from this plan: they count as missing."""
    for unit, there in pairs[:MOST_NAMED]:
        what = "other code" if unit.code != there.code else "other images, weights or training"
        yield f"of {what}: {unit.kind} {there.id}, {unit.what}; it is computed again as {unit.id}"
    if len(pairs) > MOST_NAMED:
        yield f"and {len(pairs) - MOST_NAMED} more"


def _line(claim: Found) -> str:
    """A unit in hand, how far it is, and whose it is."""
    if claim.holder is None:
        return f"in hand: {claim.unit}"
    at = f", {claim.holder.done}/{claim.holder.total}" if claim.holder.total else ""
    return f"in hand: {claim.holder}{at}"


def _begun(out: Path, claimed: set[str]) -> Iterator[str]:
    """Interrupted units, which continue when the same command is given again."""
    for checkpoint in sorted(out.glob("trainings/*/checkpoint.pt")):
        id_ = checkpoint.parent.name
        if id_ not in claimed and not weights_path(out, id_).exists():
            yield f"begun: training {_words(checkpoint.with_name('recipe.json'))} ({id_})"
    for journal in sorted(out.glob("cells/*.unfinished")):
        if journal.stem not in claimed and not journal.with_suffix(".json").exists():
            yield f"begun: cell {journal.stem}"


def _words(path: Path) -> str:
    """The training of a recipe, in words."""
    try:
        recipe = read_json(path)
        return f"{recipe['method']} on {recipe['train_set']}, {recipe['noise']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "of a recipe that cannot be read"
