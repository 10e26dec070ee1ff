"""Single options that verbs share."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from denoisebench.budgets import BATCH, BUDGETS, CROP_PX, STEPS
from denoisebench.cli.shared.option_types import Device, Precision, Whole
from denoisebench.defaults import DEFAULTS
from denoisebench.specs import split_list

F = TypeVar("F", bound=Callable[..., Any])


plugin_option = click.option(
    "--plugin",
    multiple=True,
    metavar="FILE_OR_MODULE",
    help="Load a plugin that is not installed.  May be given several times; $DENOISEBENCH_PLUGINS"
    " names plugins, separated by commas, that are loaded each time.",
)


length_options = [
    click.option("--budget", metavar="B",
                 help=f"Length of training: {', '.join(BUDGETS)}, or another of `bench list"
                      " budgets`.  With this or any of the next three options, bundled weights are"
                      f" ignored.  [default: {DEFAULTS.budget}]"),
    click.option("--steps", type=Whole(*STEPS), help="Steps, instead of the budget's."),
    click.option("--batch", type=Whole(*BATCH),
                 help="Patches per step, instead of the budget's."),
    click.option("--crop", type=Whole(*CROP_PX), metavar="PX",
                 help="Side of a patch, instead of the budget's."),
]  # fmt: skip
"""How long to train."""

device_option = click.option(
    "--device",
    type=Device(),
    default="auto",
    show_default=True,
    metavar="auto|cpu|cuda[:N]|mps",
    help="Where to compute; cuda:1 is the second GPU.",
)

memory_option = click.option(
    "--memory",
    type=float,
    metavar="GB",
    help="Memory for denoising; a larger image is denoised in tiles, with the same result."
    "  [default: half of what is free, 4 at most]",
)

precision_option = click.option(
    "--precision",
    type=Precision(),
    default="auto",
    show_default=True,
    metavar="auto|fp32",
    help="Arithmetic of networks, trained and denoising: auto: bfloat16 where the hardware"
    " multiplies it, else float32; fp32: float32.",
)

out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default="results",
    show_default=True,
    metavar="DIR",
    help="Where trainings and results are kept and found again.",
)

results_option = click.option(
    "--results",
    type=click.Path(path_type=Path),
    default="results",
    show_default=True,
    metavar="DIR",
    help="The --out folder of the runs.",
)

chosen_methods_option = click.option(
    "--methods", metavar="M[,M...]", help="These alone, in this order.  [default: all]"
)
chosen_datasets_option = click.option(
    "--datasets", metavar="D[,D...]", help="These alone, in this order.  [default: all]"
)
chosen_noise_option = click.option(
    "--noise",
    metavar="N[,N...]",
    help="These alone, in this order; `gaussian` for all its levels.  [default: all]",
)


def chosen_items(
    methods: str | None, datasets: str | None, noise: str | None
) -> dict[str, list[str]]:
    """The wanted items of stored results, as `results.selection.choose` takes them."""
    asked = {"method": methods, "dataset": datasets, "noise": noise}
    return {field: split_list(text) for field, text in asked.items() if text is not None}


def installed_of(methods: Sequence[str]) -> str:
    """The help of an option whose default is those methods."""
    return f"[default: those installed of {','.join(methods)}]"
