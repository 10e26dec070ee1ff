"""bench status: what a folder of results has, and who works there."""

from collections.abc import Iterator
from pathlib import Path

import click

from denoisebench.cli.shared.options import out_option
from denoisebench.documents import read_json
from denoisebench.errors import UserError
from denoisebench.execution.claims import Found, living
from denoisebench.outside_text import printable
from denoisebench.results.store import cell_paths, weights_path


@click.command("status")
@out_option
def command(out: Path) -> None:
    """Tell which trainings and cells are done under DIR, which are being computed, by which
    process, and how far they are.

    Works from any terminal, and on any machine that sees DIR.
    """
    if not out.is_dir():
        raise UserError(f"--out {out} is no folder; give the one that `bench run` wrote to")
    claims = living(out)
    for claim in claims:
        click.echo(printable(_line(claim)))
    begun = list(_begun(out, {claim.unit for claim in claims}))
    for line in begun:
        click.echo(printable(line))
    weights = len(list(out.glob("trainings/*/weights.safetensors")))
    cells = len(cell_paths(out))
    click.echo(
        f"{cells} cells and {weights} trainings are done, {len(claims)} in hand,"
        f" {len(begun)} begun and left"
    )


def _line(claim: Found) -> str:
    """A unit in hand, how far it is, and whose it is."""
    if claim.holder is None:
        return f"in hand: {claim.unit}"
    at = f", {claim.holder.done}/{claim.holder.total}" if claim.holder.total else ""
    return f"in hand: {claim.holder}{at}"


def _begun(out: Path, claimed: set[str]) -> Iterator[str]:
    """What was interrupted and goes on when the same command is given again."""
    for checkpoint in sorted(out.glob("trainings/*/checkpoint.pt")):
        id_ = checkpoint.parent.name
        if id_ not in claimed and not weights_path(out, id_).exists():
            yield f"begun: training {_words(checkpoint.with_name('recipe.json'))} ({id_})"
    for journal in sorted(out.glob("cells/*.unfinished")):
        if journal.stem not in claimed and not journal.with_suffix(".json").exists():
            yield f"begun: cell {journal.stem}"


def _words(path: Path) -> str:
    """What a recipe trains, in words."""
    try:
        recipe = read_json(path)
        return f"{recipe['method']} on {recipe['train_set']}, {recipe['noise']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "of a recipe that cannot be read"
