"""Curves, pictures and scores for the program `tensorboard`."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from denoisebench.errors import UserError
from denoisebench.files import safe_name
from denoisebench.plugin.tracker import RunInfo, Tracker

if TYPE_CHECKING:
    import pandas as pd

    from denoisebench.images.pixels import Pixels


class TensorBoard(Tracker):
    """A folder for each training, and in it one for each cell that was scored with its weights."""

    name = "tensorboard"
    summary = "for the program tensorboard, in OUT/tensorboard; tensorboard:DIR elsewhere"

    def check(self, setting: str) -> None:
        if find_spec("tensorboard") is None:
            raise UserError(
                "--track tensorboard needs the package tensorboard: pip install"
                " 'denoisebench[tensorboard]'"
            )

    def start(self, run: RunInfo) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._run = run
        self._writer: SummaryWriter | None = None
        parent = Path(run.setting) if run.setting else run.out / "tensorboard"
        self._folder = parent / run.name
        if run.resumed_at is not None:
            again = run.resumed_at + 1  # events of that step and later ones are to be forgotten
            self._writer = SummaryWriter(str(self._folder), purge_step=again)

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        assert self._writer is not None
        for tag, value in values.items():
            self._writer.add_scalar(tag, value, step)
        self._writer.flush()  # so that it can be watched, and outlives a kill

    def image(self, step: int, name: str, pixels: "Pixels", caption: str) -> None:
        assert self._writer is not None
        self._writer.add_image(f"{name}/{caption}", pixels, step)

    def results(self, rows: "pd.DataFrame") -> None:
        from torch.utils.tensorboard import FileWriter
        from torch.utils.tensorboard.summary import hparams, scalar

        first = rows.iloc[0]
        metrics = {f"test/{name}": float(rows[name].mean()) for name in ("psnr_db", "ssim")}
        values = {**self._run.recipe, "test.dataset": first.dataset, "test.noise": first.noise}
        name = safe_name(f"{first.dataset}-{first.noise}")
        writer = FileWriter(str(self._folder / f"{name}-{first.cell[:8]}"))
        for summary in hparams(values, metrics):  # type: ignore[no-untyped-call]
            writer.add_summary(summary)
        for tag, value in metrics.items():
            writer.add_summary(scalar(tag, value), 0)  # type: ignore[no-untyped-call]
        writer.close()

    def end(self, outcome: Literal["done", "failed", "interrupted"]) -> None:
        if self._writer is not None:
            self._writer.close()
