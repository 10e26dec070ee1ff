"""bench rescore: kept estimates under another protocol."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.cli.shared.progress import show_progress
from denoisebench.errors import UserError

if TYPE_CHECKING:
    from denoisebench.execution.rescore import Rescoring


@click.command("rescore")
@click.option("--protocol", required=True, metavar="P", help="Rules to score by.")
@click.option("--out", type=click.Path(path_type=Path), default="results", show_default=True,
              metavar="DIR", help="Where results and their estimates are kept.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be scored; score nothing.")
@plugin_option
def command(protocol: str, out: Path, dry_run: bool, plugin: tuple[str, ...]) -> None:
    """Score what `run` and `compare` kept with --keep-estimates under another protocol.

    Nothing is denoised.  A cell is refused where the protocols differ before the estimate.
    """
    from denoisebench.execution.rescore import Rescorer

    registries = load_plugins(plugin)
    rules = registries.protocol(protocol)
    rescorer = Rescorer(out, rules, registries)
    planned = rescorer.plan()
    if not planned:
        raise UserError(
            f"{out} has no estimates kept under another protocol than {rules}: give"
            " --keep-estimates to bench run or bench compare"
        )
    for each in planned:
        if not (each.refusal or each.done or dry_run):
            rescorer.rescore(each, show_progress)
        click.echo(_line(each, dry_run))
    if all(each.refusal for each in planned):
        raise UserError(f"no cell of {out} can be scored under {rules} from what is kept")


def _line(planned: "Rescoring", dry_run: bool) -> str:
    if planned.refusal:
        return f"refused  {'':16}  {planned}: {planned.refusal}"
    what = "done before" if planned.done else "would be scored" if dry_run else "scored"
    return f"cell     {planned.cell}  {planned}: {what}"
