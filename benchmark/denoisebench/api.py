"""The suite from Python: run and compare methods, and denoise arrays with what won."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.errors import UserError, unknown_name
from denoisebench.execution.context import make_context
from denoisebench.execution.plan_failures import plan_failures
from denoisebench.execution.runner import Runner
from denoisebench.planning.answers import blind_noise_of, reason_to_decline
from denoisebench.planning.planner import make_plan
from denoisebench.planning.run_options import CHANNELS, RunOptions
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Task, TrainedMethod
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.registry.loader import load
from denoisebench.results.results import Results

if TYPE_CHECKING:
    from denoisebench.denoising.array_denoiser import ArrayDenoiser


def run(method: str, **options: Any) -> Results:
    """Train a method if need be and score it: `bench run` from Python.

    method: a spec, as `noise2score:probe=single`.  options: those of `compare`.

    >>> results = denoisebench.run("tv", noise="gaussian:25", datasets="samples")
    >>> print(results.table())
    """
    return compare([method], **options)


def compare(
    methods: Sequence[str],
    *,
    out: str | Path = "results",
    device: str = "auto",
    memory: float | None = None,
    plugins: Sequence[str] = (),
    progress: Callable[[str], None] | None = None,
    **options: Any,
) -> Results:
    """Score methods on the same noisy images: `bench compare` from Python.

    out: the folder where trainings and results are kept and found again.  memory: what
    denoising may take, in GB, before an image is denoised in tiles.  plugins: files or modules that
    are not installed.  progress: takes a line of text now and then.  options: the
    fields of `RunOptions`, as noise, datasets, weights, seeds.

    A method that fails has its error in `Results.errors` and does not stop the others.  Raises
    UserError for options that are wrong or contradict each other.

    >>> results = denoisebench.compare(["tv", "nlm"], datasets="samples-gray")
    >>> results.frame.groupby("method").psnr_db.mean()
    """
    registries = load(plugins)
    plan = make_plan(_options(options).request(methods, registries.budgets), registries)
    context = make_context(Path(out), device, registries, _lines(progress), memory)
    cells = [*Runner(plan, context).run(), *plan_failures(plan, context.out)]
    return Results.of(cells, plan.declined, Path(out), registries)


def load_denoiser(
    method: str,
    *,
    noise: str = "gaussian:25",
    channels: str = "gray",
    parameters: str = "known",
    weights: str | Path = "auto",
    device: str = "auto",
    memory: float | None = None,
    plugins: Sequence[str] = (),
) -> "ArrayDenoiser":
    """A method as a function of an image, with bundled weights or those of a file.

    noise: what the images have, as `gaussian:25`.  channels: gray or colour.  parameters: known,
    or unknown for a method that estimates the level.  weights: auto, a file, or the
    folder of a training, as results/trainings/ID.  memory: what
    denoising may take, in GB, before an image is denoised in tiles.  Raises UserError where no
    weights fit.

    >>> denoise = denoisebench.load_denoiser("noise2score", noise="gaussian:25")
    >>> denoised = denoise(noisy)  # (H, W), float in [0, 1]
    """
    from denoisebench.denoising.array_denoiser import ArrayDenoiser

    registries = load(plugins)
    options = _options(
        {
            "noise": noise,
            "channels": channels,
            "parameters": parameters,
            "weights": "zoo" if str(weights) == "auto" else str(weights),
        }
    )
    request = options.request([method], registries.budgets)
    found, config = registries.method(method)
    model = registries.noise(noise)
    trained_on = model if parameters == "known" else blind_noise_of(found, config, model)
    task = Task(trained_on, request.parameters[0], CHANNELS[channels])  # type: ignore[arg-type]
    given = None
    if isinstance(found, TrainedMethod):
        finder = WeightsFinder(request, registries, lambda _: None)
        given = finder.find(found, config, task)
        if given is None:
            raise UserError(
                f"no bundled weights fit {finder.lack(found, config, task)}; give weights=PATH, of"
                " a file or of a training, as results/trainings/ID"
            )
        config, task = finder.resolve(given, found, config, task)
    reason = reason_to_decline(found, config, task)
    if reason is not None:
        raise UserError(f"{method} declines {noise} {parameters}: {reason}")
    level = model.low if parameters == "known" and model.low == model.high else None
    return ArrayDenoiser(found, config, task, given.path if given else None, device, level, memory)


def _options(options: dict[str, Any]) -> RunOptions:
    """Raises UserError for an option that does not exist."""
    known = [field.name for field in fields(RunOptions)]
    for name in options:
        if name not in known:
            raise unknown_name("option", name, known)
    return RunOptions(**options)


def _lines(progress: Callable[[str], None] | None) -> ProgressCallback:
    def show(at: Progress) -> None:
        if progress is not None and at.weight != "detail":
            progress(str(at))

    return show
