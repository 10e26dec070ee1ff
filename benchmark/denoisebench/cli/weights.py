"""bench weights: trained denoisers as files."""

import shlex
from pathlib import Path
from typing import cast

import click

from denoisebench.cli.shared.basics import load_plugins
from denoisebench.cli.shared.options import plugin_option
from denoisebench.errors import UserError
from denoisebench.noise.level_knowledge import TrainingKnowledge


@click.group("weights")
def command() -> None:
    """Import weights of a method's original code; write weights small enough to ship."""


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="F.safetensors",
    help="The new file; in a method's folder weights/ it is bundled with the method.",
)
def export_file(file: Path, out: Path) -> None:
    """Write weights of a training, results/trainings/ID/weights.safetensors, in half precision.

    The header, with the recipe, stays.  They take half the space, and are read as float32 again.
    """
    from denoisebench.training.weights_file import halve

    halve(file, out)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--method", required=True, metavar="M", help="The method that the weights belong to.")
@click.option(
    "--noise",
    required=True,
    metavar="N",
    help="The noise they were trained on, as gaussian:25 or gaussian:5..55.",
)
@click.option(
    "--parameters",
    type=click.Choice(["known", "unknown"]),
    default="known",
    show_default=True,
    help="known: for runs with a known noise level; unknown: for runs of both kinds.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="F.safetensors",
    help="Where they go, for `bench run --weights`.",
)
@plugin_option
def import_file(
    file: Path, method: str, noise: str, parameters: str, out: Path, plugin: tuple[str, ...]
) -> None:
    """Turn a file of a method's original code into weights for `bench run --weights`.

    The file is a pickle; nothing in it is run, and a file that holds more than weights is refused.
    """
    from denoisebench.planning.answers import why_no_weights
    from denoisebench.plugin.method import TrainedMethod
    from denoisebench.zoo.importing import import_weights

    registries = load_plugins(plugin)
    trained, config = registries.method(method)
    if not isinstance(trained, TrainedMethod):
        raise UserError(f"{why_no_weights(trained)} and has no weights")
    if config != trained.config_type():
        raise UserError(f"--method {method}: the file decides the settings; give {trained.name}")
    model = registries.noise(noise)
    import_weights(file, trained, model, cast(TrainingKnowledge, parameters), out)
    blind = f" --parameters {parameters}" if parameters != "known" else ""
    weights = shlex.quote(str(out))
    click.echo(f"bench run --method {trained.name} --noise {model}{blind} --weights {weights}")
