"""Trainings and scores as runs of MLflow: `--track mlflow[:URI]`.

Needs the package mlflow.  The URI is that of a server, or sqlite:///mlflow.db; without one MLflow
decides (a folder, file:mlruns, needs MLFLOW_ALLOW_FILE_STORE=true from MLflow 3 on).
Steps after the last checkpoint of an interrupted training are reported again.
"""

from importlib.util import find_spec

from denoisebench.plugin import RunInfo, Tracker, UserError, hookimpl

STATUS = {"done": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


class MLflow(Tracker):
    name, summary = (
        "mlflow",
        "runs of MLflow, in the experiment denoisebench; mlflow:URI for a server",
    )

    def check(self, setting):
        if find_spec("mlflow") is None:
            raise UserError("--track mlflow needs the package mlflow: pip install mlflow")

    def start(self, run: RunInfo):
        import mlflow

        if run.setting:
            mlflow.set_tracking_uri(run.setting)
        mlflow.set_experiment("denoisebench")
        named = f"attributes.run_name = '{run.name}'"
        earlier = mlflow.search_runs(filter_string=named, output_format="list")
        known = earlier[0].info.run_id if earlier else None
        mlflow.start_run(run_id=known, run_name=run.name)
        mlflow.log_params(dict(run.recipe))
        self._mlflow = mlflow

    def scalars(self, step, values):
        self._mlflow.log_metrics(dict(values), step=step)

    def image(self, step, name, pixels, caption):
        picture = pixels.clip(0, 1).transpose(1, 2, 0)
        self._mlflow.log_image(picture, f"{name}/{step:07}.png")

    def results(self, rows):
        for (dataset, noise), part in rows.groupby(["dataset", "noise"]):
            name = "".join(c if c.isalnum() or c in "-_." else "_" for c in f"{dataset}-{noise}")
            self._mlflow.log_metric(f"test/psnr_db/{name}", float(part.psnr_db.mean()))

    def end(self, outcome):
        self._mlflow.end_run(status=STATUS[outcome])


@hookimpl
def register_trackers():
    return [MLflow()]
