"""Trainings and scores as runs of Weights & Biases: `--track wandb[:PROJECT]`.

Needs the package wandb, which finds its own key and, with WANDB_MODE=offline, sends nothing. Steps
reported before an interruption are not reported again: it refuses steps below its latest one.
"""

from importlib.util import find_spec

from denoisebench.plugin import RunInfo, Tracker, UserError, hookimpl


class WandB(Tracker):
    name, summary = (
        "wandb",
        "runs of Weights & Biases, in the project denoisebench or wandb:PROJECT",
    )

    def check(self, setting):
        if find_spec("wandb") is None:
            raise UserError("--track wandb needs the package wandb: pip install wandb")

    def start(self, run: RunInfo):
        import wandb

        self._run = wandb.init(
            project=run.setting or "denoisebench", dir=str(run.out), id=run.id, name=run.name,
            config=dict(run.recipe), resume="allow",
        )  # fmt: skip

    def scalars(self, step, values):
        self._run.log(dict(values), step=step)

    def image(self, step, name, pixels, caption):
        import wandb

        picture = wandb.Image(pixels.clip(0, 1).transpose(1, 2, 0), caption=caption)
        self._run.log({name: picture}, step=step)

    def results(self, rows):
        for (dataset, noise), part in rows.groupby(["dataset", "noise"]):
            self._run.summary[f"test/psnr_db/{dataset}/{noise}"] = float(part.psnr_db.mean())

    def end(self, outcome):
        self._run.finish(exit_code=0 if outcome == "done" else 1)


@hookimpl
def register_trackers():
    return [WandB()]
