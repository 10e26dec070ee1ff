"""Carries a plan out: trains what is missing, scores what is missing, leaves the rest alone.

Everything is stored under one folder: `trainings/ID/` (checkpoint, then weights and history),
`cells/ID.json`.  A training is locked between processes.  What a method raises is recorded in its
cells and does not stop the others; what the user did wrong, or a broken file, does.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from denoisebench.errors import PluginError
from denoisebench.execution.train_job import refuse_start
from denoisebench.images.image_set import ImageSet, LoadedImage, ReadWhenTaken
from denoisebench.images.overlap import CLEAN_AND_TEST, CLEAN_AND_TRAIN, refuse_same_pixels
from denoisebench.images.pixels import pixel_hash
from denoisebench.planning.plan import CellPlan, Plan, TrainingPlan, train_set_label
from denoisebench.planning.request import TRANSDUCTIVE
from denoisebench.plugin.method import Evidence
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.results.journal import Unfinished
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.saved_images import Kind, Saver
from denoisebench.results.store import cell_path, read_cell, write_cell
from denoisebench.training.splits import Contents, Shown, halves, hold_out, taken
from denoisebench.training.weights_file import Header, read_header

if TYPE_CHECKING:
    from denoisebench.denoising.denoiser import Denoise


@dataclass(frozen=True, slots=True)
class Options:
    """How to carry a plan out: nothing here changes a result."""

    out: Path
    device: str = "auto"
    save: tuple[Kind, ...] = ()
    retry_failed: bool = False
    keep_estimates: bool = False


@dataclass
class Runner:
    """Carries out one plan.  `fetch` brings an image set's missing files to this machine."""

    plan: Plan
    options: Options
    fetch: Callable[[ImageSet, ProgressCallback], None]
    progress: ProgressCallback
    _read: dict[tuple[str, int], Sequence[LoadedImage]] = field(default_factory=dict)

    def run(self) -> list[CellResult]:
        """The results of all cells, in the order of the plan.  Computes what is not there."""
        results: dict[str, CellResult] = {}
        for cell in self.plan.cells:
            stored = self._stored(cell)
            if stored is None:
                stored = self._compute(cell)
            results[cell.id] = stored
        return [results[cell.id] for cell in self.plan.cells]

    def opened(self, cell: CellPlan) -> "tuple[Denoise, Sequence[LoadedImage], str]":
        """What denoises a cell's images, trained now if it must be; the images; the device.

        It denoises in float32: for small differences of what it makes of images.
        """
        from denoisebench.nn.devices import pick_device

        device = pick_device(self.options.device)
        denoise, _ = self._denoiser(replace(cell, precision="fp32"), device)
        return denoise, self._images(cell.image_set), device

    def trained(self, training: TrainingPlan) -> Path:
        """The weights of a training, which runs now if it has not run before.

        Raises PluginError for what the method raises.
        """
        from filelock import FileLock, Timeout

        from denoisebench.nn.devices import pick_device

        folder = self.options.out / "trainings" / training.id
        folder.mkdir(parents=True, exist_ok=True)
        weights = folder / "weights.safetensors"
        if weights.exists():
            return weights
        lock = FileLock(folder / "lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.progress(Progress(f"another process trains {training.id}; waiting", 0, 0))
            lock.acquire()
        with lock:
            if not weights.exists():
                self._train(training, folder, pick_device(self.options.device))
        lock.release()
        return weights

    def _stored(self, cell: CellPlan) -> CellResult | None:
        path = cell_path(self.options.out, cell.id)
        if not path.exists():
            return None
        result = read_cell(path)
        if result.error is not None and self.options.retry_failed:
            return None
        if result.error is None and self._saver(cell).missing():
            return None
        estimates = self._estimates(cell)
        if result.error is None and estimates and estimates.missing(cell.repeats):
            return None
        return result

    def _saver(self, cell: CellPlan) -> Saver:
        return Saver(cell, self.options.out, self.options.save)

    def _estimates(self, cell: CellPlan) -> Estimates | None:
        """Where the cell's estimates are kept, if they are."""
        if not self.options.keep_estimates:
            return None
        return Estimates(self.options.out, cell.id, tuple(i.id for i in cell.image_set.images))

    def _compute(self, cell: CellPlan) -> CellResult:
        from denoisebench.execution import cost
        from denoisebench.execution.provenance import provenance
        from denoisebench.execution.score_job import evaluate
        from denoisebench.nn.devices import pick_device, pick_precision

        device = pick_device(self.options.device)
        header: Header | None = None
        parameters = gmacs = memory_mb = None
        saver = self._saver(cell)
        journal = Unfinished(self.options.out, cell.id, keep=not saver.kinds)
        try:
            denoise, header = self._denoiser(cell, device)
            images = self._images(cell.image_set)
            memory = cost.PeakMemory(device)
            scores = evaluate(
                cell,
                images,
                denoise,
                device=device,
                saver=saver,
                journal=journal,
                progress=self.progress,
                estimates=self._estimates(cell),
            )
            memory_mb = memory.megabytes()
            parameters = cost.network_parameters(cell)
            gmacs = cost.gmacs_per_mpx(cell, images[0], denoise, device)
            error = None
        except PluginError as failure:
            scores, error = [], str(failure)
        outcome = header.outcome if header else {}
        learns = cell.training is not None or cell.given is not None
        result = CellResult(
            cell=cell.id,
            method=cell.method_label,
            noise=str(cell.noise),
            parameters=cell.parameters,
            dataset=cell.image_set.spec,
            protocol=str(cell.protocol),
            evidence=cell.labels["evidence"],
            draws=cell.labels["draws"],
            seed=cell.seed,
            train_set=cell.labels["train_set"],
            budget=cell.labels["budget"],
            weights=cell.labels["weights"],
            training=cell.training.id if cell.training else "",
            train_s=outcome.get("train_s"),
            network_parameters=parameters,
            gmacs_per_mpx=gmacs,
            peak_memory_mb=memory_mb,
            scores=tuple(scores),
            provenance=provenance(device)
            | {
                "precision": pick_precision(device, cell.precision) if learns else None,
                "precision_asked": cell.precision,
                "recipe": dict(header.recipe) if header else None,
                "training_outcome": outcome or None,
                "weights_sha256": cell.given.sha256 if cell.given else None,
                "image_set_digest": cell.image_set.digest,
            },
            error=error,
        )
        write_cell(self.options.out, result)
        journal.remove()
        return result

    def _denoiser(self, cell: CellPlan, device: str) -> "tuple[Denoise, Header | None]":
        """What denoises the cell's images, as often as it must, and the header of its weights."""
        from denoisebench.denoising.self_ensemble import self_ensembled

        denoise, header = self._denoiser_of_one(cell, device)
        return (self_ensembled(denoise) if cell.self_ensemble else denoise), header

    def _denoiser_of_one(self, cell: CellPlan, device: str) -> "tuple[Denoise, Header | None]":
        """The same without a self-ensemble."""
        from denoisebench.denoising.denoiser import trained, untrained
        from denoisebench.nn.devices import pick_precision

        if cell.training is not None:
            path = self.trained(cell.training)
        elif cell.given is not None:
            path = cell.given.path
        else:
            return untrained(cell), None
        header = read_header(path)
        if not _trained_on_it(header.recipe, cell.image_set):
            tested = self._hashes(cell.image_set)
            images = train_set_label(header.recipe)
            refuse_same_pixels(images, header.images, cell.image_set.spec, tested)
        precision = pick_precision(device, cell.precision)
        return trained(cell, path, device, precision), header

    def _train(self, training: TrainingPlan, folder: Path, device: str) -> None:
        from denoisebench.execution.train_job import fit
        from denoisebench.training.batches import refuse_small

        self._write_recipe(training, folder)
        for image_set in filter(None, (training.train_set, training.clean_set)):
            refuse_small(self._sizes(image_set), training.budget.crop_px)
        shown, contents = self._shown(training)
        hashes = contents.all
        if training.start is not None:
            if training.evidence is Evidence.UNPAIRED:
                refuse_start(training.start, training.recipe, contents)
            hashes = {**training.start.header.images, **hashes}
        held_out = Shown([])
        if training.recipe["train_set"] != TRANSDUCTIVE:
            for image_set in self._tested_with(training):
                self._refuse_tested(training, contents, hashes, image_set)
            shown, held_out = hold_out(shown)
        fit(training, shown, held_out, hashes, folder, device, self.progress)

    def _shown(self, training: TrainingPlan) -> tuple[Shown, Contents]:
        """What a training is shown.  Raises UserError for an image that is noisy and clean."""
        train_set, clean_set = training.train_set, training.clean_set
        images, hashes = self._images(train_set), self._hashes(train_set)
        if training.evidence is not Evidence.UNPAIRED:
            return Shown(images), Contents(hashes, {})
        if clean_set is not None:
            clean = self._hashes(clean_set)
            refuse_same_pixels(clean_set.spec, clean, train_set.spec, hashes, CLEAN_AND_TRAIN)
            return Shown(images, self._images(clean_set)), Contents(hashes, clean)
        pixels = self._pixel_hashes(train_set)
        sides = halves(train_set, pixels, training.recipe["seed"])
        noisy, clean = ({pixels[i]: train_set.images[i].id for i in side} for side in sides)
        return Shown(*(taken(images, side) for side in sides)), Contents(noisy, clean)

    def _refuse_tested(
        self,
        training: TrainingPlan,
        contents: Contents,
        hashes: Mapping[str, str],
        image_set: ImageSet,
    ) -> None:
        """Raise UserError for a test image among those that are shown, or were by the start."""
        tested = self._hashes(image_set)
        if training.clean_set is not None:
            spec = training.clean_set.spec
            refuse_same_pixels(spec, contents.clean, image_set.spec, tested, CLEAN_AND_TEST)
        refuse_same_pixels(training.train_set.spec, hashes, image_set.spec, tested)

    def _write_recipe(self, training: TrainingPlan, folder: Path) -> None:
        text = json.dumps(training.recipe, indent=1, sort_keys=True)
        (folder / "recipe.json").write_text(text + "\n")

    def _tested_with(self, training: TrainingPlan) -> list[ImageSet]:
        cells = [c for c in self.plan.cells if c.training and c.training.id == training.id]
        return list({c.image_set.spec: c.image_set for c in cells}.values())

    def _images(self, image_set: ImageSet) -> Sequence[LoadedImage]:
        """The images of a set, read once; of an indexed one, each is read when it is taken."""
        key = (image_set.spec, image_set.channels)
        if key not in self._read:
            self.fetch(image_set, self.progress)
            indexed = image_set.indexed
            self._read[key] = (
                ReadWhenTaken(indexed) if indexed else [image.read() for image in image_set.images]
            )
        return self._read[key]

    def _hashes(self, image_set: ImageSet) -> dict[str, str]:
        """Each clean image's name by content -> its id."""
        ids = (image.id for image in image_set.images)
        return dict(zip(self._pixel_hashes(image_set), ids, strict=True))

    def _pixel_hashes(self, image_set: ImageSet) -> list[str]:
        """The name by content of each clean image."""
        if image_set.indexed:
            return [image.pixel_sha256 for image in image_set.indexed]
        return [pixel_hash(image.clean) for image in self._images(image_set)]

    def _sizes(self, image_set: ImageSet) -> dict[str, tuple[int, int]]:
        """Each image's id -> its height and width."""
        if image_set.indexed:
            return {image.id: image.size for image in image_set.indexed}
        return {image.id: image.clean.shape[1:] for image in self._images(image_set)}


def _trained_on_it(recipe: Mapping[str, Any], image_set: ImageSet) -> bool:
    """Whether weights were trained on the noisy images of this very set, as is allowed."""
    return recipe["train_set"] == TRANSDUCTIVE and recipe.get("train_digest") == image_set.digest
