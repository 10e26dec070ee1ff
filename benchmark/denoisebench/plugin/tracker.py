"""The interface of a plugin that shows trainings and scores as they come, here or elsewhere."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

    from denoisebench.images.pixels import Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The work that a tracker follows: a training, or the scoring of its weights.

    name: `method-noise-ID8`, the same whenever the training goes on or is scored.  id: of the
    training; of the cell where nothing was trained.  recipe: its values, as `budget.steps`.
    out: the folder of results.  setting: what was typed after the tracker's name, as
    `--track NAME:SETTING`, or "".  resumed_at: the last step that earlier processes reported, 0 for
    none. Later ones are reported again.  None: it is scored.

    >>> RunInfo(name="noise2noise-gaussian_25-8c572090", id="8c572090887e09cd",
    ...         recipe={"budget.steps": 2000}, out=Path("results"), resumed_at=0).setting
    ''
    """

    name: str
    id: str
    recipe: Mapping[str, str | int | float]
    out: Path
    setting: str = ""
    resumed_at: int | None = None


class Tracker(ABC):
    """Shows trainings and scores as they come, for `--track NAME[:SETTING]`.

    For each run: `start`, then any number of `scalars`, `image` and `results`, then `end`; the next
    run starts after that.  All but `check` are called in one thread beside the training's.  They
    may take their time: when 1,000 calls wait, the oldest values and images are left out, and the
    end of the process waits a few seconds only. An exception is reported in one line, and the
    tracker is not called again.

    >>> class Printed(Tracker):
    ...     name, summary = "printed", "prints the loss"
    ...     def start(self, run):
    ...         self.run = run
    ...     def scalars(self, step, values):
    ...         print(self.run.name, step, values["train/loss"])
    ...     def end(self, outcome):
    ...         print(outcome)
    >>> tracker = Printed()
    >>> tracker.start(RunInfo(name="tv", id="5e", recipe={}, out=Path("results"), resumed_at=0))
    >>> tracker.scalars(10, {"train/loss": 0.03, "train/rate": 1e-3})
    tv 10 0.03
    """

    name: str
    summary: str

    def check(self, setting: str) -> None:  # noqa: B027 - there need be nothing to check
        """Called once, before anything is computed.

        Raise UserError for a setting that will not do, and for a package that is not installed.
        """

    @abstractmethod
    def start(self, run: RunInfo) -> None:
        """A run begins, or goes on."""

    @abstractmethod
    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """The values of a training after `step` steps, about 100 times in all.

        values: `train/loss` (in the unit of its method), `train/rate` (of learning) and
        `time/megapixels_per_s` (10⁶ pixels of patches). About 10 times also `held_out/loss`, and
        `oracle/psnr_db` (dB) if there are clean images; both use images held out of the training.
        A loss may be NaN or infinite.
        """

    def image(self, step: int, name: str, pixels: "Pixels", caption: str) -> None:  # noqa: B027
        """The first held-out image after `step` steps, about 10 times in all.

        pixels: (C, H, W), float32, nominally in [0, 1].  caption: what is seen, from left to right.
        """

    def results(self, rows: "pd.DataFrame") -> None:  # noqa: B027 - scores need not be shown
        """The scores of one cell, a row for each image and repeat.

        Columns among others: `dataset`, `noise`, `cell`, `image`, `psnr_db` (dB), `ssim` (0 to 1);
        both are NaN for an image that was not denoised.
        """

    @abstractmethod
    def end(self, outcome: Literal["done", "failed", "interrupted"]) -> None:
        """A run ends.  An interrupted one may go on in another process."""
