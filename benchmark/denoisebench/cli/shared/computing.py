"""The options of `run`, `compare` and `sweep`, and their defaults."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import click

from denoisebench.cli.shared.option_types import Seeds
from denoisebench.cli.shared.options import (
    F,
    device_option,
    length_options,
    memory_option,
    out_option,
    plugin_option,
    precision_option,
)
from denoisebench.cli.shared.progress import Heard
from denoisebench.cli.shared.settings_file import config_option
from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.planning.run_options import CHANNELS, RunOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class CommandOptions(RunOptions):
    """Options of `run` and `compare` besides the methods: the work, the place, and the output.

    Raises UserError for what contradicts itself.
    """

    device: str
    memory: float | None
    out: Path
    format: str = "table"
    save_images: bool = False
    save_arrays: bool = False
    keep_estimates: bool = False
    retry_failed: bool
    traceback: bool
    workers: str
    worker: bool
    track: str | None
    dry_run: bool
    quiet: bool
    verbose: bool
    wide: bool = False
    plugin: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            raise UserError("--quiet says less and --verbose says more: give one of them")

    @property
    def heard(self) -> Heard:
        """How much is said."""
        return "quiet" if self.quiet else "verbose" if self.verbose else "usual"


def computing(function: F) -> F:
    """Add what the verbs that compute share; the verb gets them as one `CommandOptions`."""
    return _with_options(function, _OPTIONS)


def sweeping(function: F) -> F:
    """The same, where levels are a grid and several noises may be trained on."""
    others = {_NOISE: _GRID, _SOURCE_NOISE: _TRAIN_NOISES}
    return _with_options(function, [others.get(option, option) for option in _OPTIONS])


def filling(function: F) -> F:
    """Add the options of a verb whose work is a list of runs: length of training, device, folder,
    workers, progress.  The rest of its one `CommandOptions` is as usual."""
    return _with_options(function, _OF_A_LIST)


def _with_options(function: F, options: Sequence[Callable[[Any], Any]]) -> F:
    @functools.wraps(function)
    def verb(**values: Any) -> Any:
        shared = {field.name for field in fields(CommandOptions)}
        own = {k: v for k, v in values.items() if k not in shared}
        asked = CommandOptions(**{k: values[k] for k in shared if k in values})
        return function(asked=asked, **own)

    for option in reversed(options):
        verb = option(verb)
    return verb  # type: ignore[return-value]


_NOISE = click.option(
    "--noise", metavar="N[,N...]",
    help="Noise models, as gaussian:25, poisson:0.01, gamma:100, gaussian:5..50."
         f"  [default: {DEFAULTS.noise}; real for sets of real noise]",
)  # fmt: skip
_GRID = click.option(
    "--noise", default=DEFAULTS.noises_of_a_sweep, show_default=True, metavar="N[,N...]",
    help="Noise to score on: levels, or ranges sampled at --points levels (log-spaced unless the"
         " family says otherwise; three digits).",
)  # fmt: skip
_SOURCE_NOISE = click.option(
    "--source-noise", metavar="N",
    help="Noise of the images trained on.  [default: what --noise and --parameters say]",
)  # fmt: skip
_TRAIN_NOISES = click.option(
    "--train-noise", "source_noise", metavar="N[,N...]",
    help="Noise of the images trained on, a curve for each; gaussian:5..55 is a range.  [default:"
         " what each noise and --parameters say]",
)  # fmt: skip

_TRAIN_SET = click.option(
    "--train-set", metavar="D",
    help="Image set to train on; `test` for the noisy images that are scored."
         f"  [default: {DEFAULTS.train_sets[0]} if on this machine, else {DEFAULTS.train_sets[1]}]",
)  # fmt: skip
_WEIGHTS = click.option(
    "--weights", default="auto", show_default=True, metavar="auto|zoo|none|PATH|NAME",
    help="auto: bundled weights if they fit, else train; zoo: bundled weights, never train; none:"
         " always train; a file, results/trainings/ID, or a name in `bench zoo list`: use it, never"
         " train.",
)  # fmt: skip
_WORK = [
    click.option("--retry-failed", is_flag=True,
                 help="Compute all failed cells again, not only those whose plugin, or an installed"
                      " package, has changed since."),
    click.option("--traceback", is_flag=True,
                 help="Print the traceback of each failure; without, the file that has it."),
    click.option("--workers", default="1", show_default=True, metavar="N|cuda|ray|slurm|...",
                 help="Divide the work among N processes of this machine, one on each GPU, or other"
                      " machines: see `bench list executors`."),
    click.option("--worker", is_flag=True,
                 help="Be one of many processes with the same DIR, as in an array of jobs: compute"
                      " what no other one computes, wait for none, print no table."),
    click.option("--track", metavar="T[,T...]",
                 help="Tell trackers of trainings and scores as they come: tensorboard[:DIR],"
                      " csv:FILE, or another of `bench list trackers`."),
    click.option("--dry-run", is_flag=True, help="Say what would be computed; compute nothing."),
    click.option("--quiet", is_flag=True, help="Say nothing but results, errors and warnings."),
    click.option("--verbose", is_flag=True,
                 help="Say when each training and each cell begins and ends, and its id."),
]  # fmt: skip
"""How work is divided, watched and told."""

_OPTIONS = [
    _NOISE,
    click.option("--parameters", default="known", show_default=True, metavar="P[,P]",
                 help="known: given the noise level; unknown: trained on the whole blind range;"
                      " oracle: as unknown, but given each image's best level of a grid."),
    click.option("--datasets", default=DEFAULTS.datasets, show_default=True, metavar="D[,D...]",
                 help="Image sets to score on; folder:PATH for your own."),
    click.option("--channels", type=click.Choice(list(CHANNELS)),
                 help="gray: score on the gray versions of colour sets; colour: on no gray set."
                      "  [default: as each set is]"),
    _TRAIN_SET,
    click.option("--clean-set", metavar="D",
                 help="Clean images of other scenes, for methods that see them unpaired.  [default:"
                      " half of the training set, the other half being noisy]"),
    _SOURCE_NOISE,
    click.option("--target-noise", metavar="N",
                 help="Noise of the second copies, for methods that see pairs.  [default: as the"
                      " first]"),
    click.option("--draws", type=click.Choice(["fixed", "fresh"]), default="fixed",
                 show_default=True, help="Draw the training noise once, or anew at every step."),
    *length_options,
    click.option("--start", type=click.Path(path_type=Path), metavar="PATH",
                 help="Weights that a training begins with: a file, or the name of bundled ones"
                      " in `bench zoo list`.  Bundled weights are then not used as they are."),
    click.option("--oracle-checkpoint", is_flag=True,
                 help="Take of a training the weights that are best on held-out clean images, as"
                      " some papers do: shown in columns called oracle, never ranked."),
    _WEIGHTS,
    click.option("--protocol", default="float", show_default=True, metavar="P[,P...]",
                 help="Rules of scoring: see `bench list protocols` and `bench show protocol P`."
                      "  Several only with --mixed."),
    click.option("--mixed", is_flag=True,
                 help="Allow several protocols in one table; each figure is shown with its own."),
    click.option("--self-ensemble", is_flag=True,
                 help="Denoise each image in its eight orientations and average the estimates,"
                      " at eight times the cost. The column is named tv (x8)."),
    click.option("--seeds", "--seed", type=Seeds(), default="0", show_default=True,
                 metavar="S[,S...]",
                 help="Each names its noise draws and its training; a table averages over them."),
    device_option,
    memory_option,
    precision_option,
    out_option,
    click.option("--format", default="table", show_default=True, metavar="F",
                 help="How to print the results: table, csv, json, markdown, latex, or another of"
                      " `bench list reports`."),
    click.option("--save-images", is_flag=True,
                 help="Save noisy | denoised | clean of each image, and what else a method finds,"
                      " as PNG under DIR/pictures; of repeats the first."),
    click.option("--save-arrays", is_flag=True,
                 help="Save noisy and denoised, and what else a method finds, as float32 .npy under"
                      " DIR/arrays, which folder: reads; of repeats the first."),
    click.option("--keep-estimates", is_flag=True,
                 help="Keep every estimate, of all repeats, as float32 .npy under DIR/estimates,"
                      " for `bench rescore`."),
    click.option("--wide", is_flag=True, help="Print tables whole, wider than the terminal too."),
    *_WORK,
    plugin_option,
    config_option,
]  # fmt: skip

_OF_A_LIST = [
    _TRAIN_SET,
    *length_options,
    _WEIGHTS,
    device_option,
    memory_option,
    precision_option,
    out_option,
    *_WORK,
    plugin_option,
    config_option,
]
