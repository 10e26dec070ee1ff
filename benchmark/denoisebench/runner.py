"""Carries a plan out: trains what is missing, scores what is missing, leaves the rest alone.

Everything is stored under one folder: `trainings/ID/` (checkpoint, then weights and history),
`cells/ID.json`.  A training is locked between processes.  What a method raises is recorded in its
cells and does not stop the others; what the user did wrong, or a broken file, does.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.errors import PluginError
from denoisebench.images import ImageSet, LoadedImage, ReadWhenTaken, pixel_hash
from denoisebench.interfaces import Progress, ProgressCallback
from denoisebench.overlap import refuse_same_pixels
from denoisebench.plan import TRANSDUCTIVE, CellPlan, Plan, TrainingPlan
from denoisebench.results import CellResult, cell_path, read_cell, write_cell
from denoisebench.saving import Kind, Saver
from denoisebench.unfinished import Unfinished
from denoisebench.weights import Header, read_header

if TYPE_CHECKING:
    from denoisebench.evaluation import Denoise

HELD_OUT_EVERY = 50
"""One image in so many is held out of training, to watch the loss on; a smaller set holds out
none."""

HELD_OUT_OF_STREAMED = 32
"""No more than so many are held out of a set that is streamed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to carry a plan out: nothing here changes a result."""

    out: Path
    device: str = "auto"
    save: tuple[Kind, ...] = ()
    retry_failed: bool = False


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

    def _stored(self, cell: CellPlan) -> CellResult | None:
        path = cell_path(self.options.out, cell.id)
        if not path.exists():
            return None
        result = read_cell(path)
        if result.error is not None and self.options.retry_failed:
            return None
        if result.error is None and self._saver(cell).missing():
            return None
        return result

    def _saver(self, cell: CellPlan) -> Saver:
        return Saver(cell, self.options.out, self.options.save)

    def _compute(self, cell: CellPlan) -> CellResult:
        from denoisebench import evaluation
        from denoisebench.devices import pick_device
        from denoisebench.provenance import provenance

        device = pick_device(self.options.device)
        header: Header | None = None
        saver = self._saver(cell)
        journal = Unfinished(self.options.out, cell.id, keep=not saver.kinds)
        try:
            denoise, header = self._denoiser(cell, device)
            scores = evaluation.evaluate(
                cell,
                self._images(cell.image_set),
                denoise,
                device=device,
                saver=saver,
                journal=journal,
                progress=self.progress,
            )
            error = None
        except PluginError as failure:
            scores, error = [], str(failure)
        outcome = header.outcome if header else {}
        result = CellResult(
            cell=cell.id,
            method=cell.method_spec,
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
            scores=tuple(scores),
            provenance=provenance(device)
            | {
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
        """What denoises the cell's images, and the header of its weights."""
        from denoisebench import evaluation

        if cell.training is not None:
            path = self._trained(cell.training, device)
        elif cell.given is not None:
            path = cell.given.path
        else:
            return evaluation.untrained(cell), None
        header = read_header(path)
        if header.recipe["train_set"] != TRANSDUCTIVE:
            tested = self._hashes(cell.image_set)
            train_set = str(header.recipe["train_set"])
            refuse_same_pixels(train_set, header.images, cell.image_set.spec, tested)
        return evaluation.trained(cell, path, device), header

    def _trained(self, training: TrainingPlan, device: str) -> Path:
        """The weights of a training, which runs now if it has not run before."""
        from filelock import FileLock, Timeout

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
                self._train(training, folder, device)
        lock.release()
        return weights

    def _train(self, training: TrainingPlan, folder: Path, device: str) -> None:
        from denoisebench.evidence import refuse_small
        from denoisebench.fitting import fit

        self._write_recipe(training, folder)
        images = self._images(training.train_set)
        refuse_small(self._sizes(training.train_set), training.budget.crop_px)
        hashes = self._hashes(training.train_set)
        if training.start is not None:
            hashes = {**training.start.header.images, **hashes}
        held_out: Sequence[LoadedImage] = []
        if training.recipe["train_set"] != TRANSDUCTIVE:
            for image_set in self._tested_with(training):
                tested = self._hashes(image_set)
                refuse_same_pixels(training.train_set.spec, hashes, image_set.spec, tested)
            images, held_out = _split(images)
        fit(training, images, held_out, hashes, folder, device, self.progress)

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
        if image_set.indexed:
            return {image.pixel_sha256: image.id for image in image_set.indexed}
        return {pixel_hash(image.clean): image.id for image in self._images(image_set)}

    def _sizes(self, image_set: ImageSet) -> dict[str, tuple[int, int]]:
        """Each image's id -> its height and width."""
        if image_set.indexed:
            return {image.id: image.size for image in image_set.indexed}
        return {image.id: image.clean.shape[1:] for image in self._images(image_set)}


def _split(images: Sequence[LoadedImage]) -> tuple[Sequence[LoadedImage], Sequence[LoadedImage]]:
    """What is trained on, and what is held out.  Reads none of the images of a streamed set."""
    if len(images) < HELD_OUT_EVERY:
        return images, []
    if not isinstance(images, ReadWhenTaken):
        every = HELD_OUT_EVERY
        rest = [image for i, image in enumerate(images) if (i + 1) % every]
        return rest, images[every - 1 :: every]
    every = max(HELD_OUT_EVERY, math.ceil(len(images) / HELD_OUT_OF_STREAMED))
    files = [file for i, file in enumerate(images.files) if (i + 1) % every]
    return ReadWhenTaken(files), images[every - 1 :: every]
