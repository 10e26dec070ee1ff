"""Measures the kept estimates of finished cells by metrics beside PSNR and SSIM.

OUT/measured/CELL.json keeps the numbers: of each metric its version and, for each image and repeat,
its number.  They are measured again if the version is another.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from denoisebench.documents import read_json
from denoisebench.errors import UserError, plugin_code
from denoisebench.files import write_whole
from denoisebench.images.image_set import ImageSet
from denoisebench.plugin.metric import Metric
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.registry.registries import Registries
from denoisebench.results.index import read_all
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult
from denoisebench.results.strict_json import json_text, parse, stored
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import labelled


@dataclass(frozen=True, slots=True)
class ImageNumber:
    """The number of a metric for one image and repeat; NaN where it has none."""

    image: str
    repeat: int
    value: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The numbers of one metric, of one version of it."""

    metric: str
    version: int
    numbers: tuple[ImageNumber, ...]


@dataclass(frozen=True, slots=True)
class MeasuredCell:
    """The kept numbers of a cell."""

    cell: str
    metrics: tuple[Measured, ...] = field(default_factory=tuple)

    def of(self, metric: Metric) -> Measured | None:
        """The numbers of a metric as it is now."""
        named = (m for m in self.metrics if (m.metric, m.version) == (metric.name, metric.version))
        return next(named, None)

    def with_numbers(self, measured: Measured) -> "MeasuredCell":
        others = tuple(m for m in self.metrics if m.metric != measured.metric)
        return MeasuredCell(self.cell, (*others, measured))


class Measurer:
    """Measures what is kept under `out` by some metrics."""

    def __init__(self, out: Path, metrics: Sequence[Metric], registries: Registries) -> None:
        self._out, self._metrics, self._registries = out, metrics, registries
        self._sets: dict[str, ImageSet] = {}

    def results(self) -> list[CellResult]:
        """The cells without an error that have estimates, or the numbers of all metrics."""
        return [r for r in read_all(self._out) if r.error is None and self._can(r)]

    def measure(self, result: CellResult, progress: ProgressCallback) -> Mapping[str, Measured]:
        """The numbers of each metric, kept ones where there are.

        Raises UserError for images or estimates that are missing or not those that were scored.
        """
        kept = self._kept(result.cell)
        lacking = [metric for metric in self._metrics if kept.of(metric) is None]
        if lacking:
            for measured in self._measured(result, lacking, progress):
                kept = kept.with_numbers(measured)
            write_whole(self._path(result.cell), json_text(stored(asdict(kept))).encode())
        found = ((metric.name, kept.of(metric)) for metric in self._metrics)
        return {name: measured for name, measured in found if measured is not None}

    def _can(self, result: CellResult) -> bool:
        if self._estimates(result).folder.is_dir():
            return True
        kept = self._kept(result.cell)
        return all(kept.of(metric) is not None for metric in self._metrics)

    def _measured(
        self, result: CellResult, metrics: Sequence[Metric], progress: ProgressCallback
    ) -> Iterator[Measured]:
        rules, images = self._rules(result), self._images(result)
        estimates = self._estimates(result)
        numbers: dict[str, list[ImageNumber]] = {metric.name: [] for metric in metrics}
        for done, image in enumerate(images.images, start=1):
            clean = image.load()
            for score in (s for s in result.scores if s.image == image.id and s.is_denoised):
                x, y, white = rules.compared(estimates.read(image.id, score.repeat), clean)
                for metric in metrics:
                    with plugin_code(metric.name):
                        value = float(metric.measure(x / white, y / white))
                    numbers[metric.name].append(ImageNumber(image.id, score.repeat, value))
            progress(Progress(f"{result.method} on {result.dataset}", done, len(images.images)))
        for metric in metrics:
            yield Measured(metric.name, metric.version, tuple(numbers[metric.name]))

    def _rules(self, result: CellResult) -> Protocol:
        rules = labelled(result.protocol, self._registries.protocols)
        if rules is None:
            raise UserError(f"protocol {result.protocol} of {result.cell} is not known here")
        return rules

    def _images(self, result: CellResult) -> ImageSet:
        if result.dataset not in self._sets:
            self._sets[result.dataset] = self._registries.image_set(result.dataset)
        images = self._sets[result.dataset]
        if result.provenance.get("image_set_digest") != images.digest:
            raise UserError(f"the images of {result.dataset} are not those that were scored")
        return images

    def _estimates(self, result: CellResult) -> Estimates:
        names = tuple(dict.fromkeys(score.image for score in result.scores))
        return Estimates(self._out, result.cell, names)

    def _path(self, cell: str) -> Path:
        return self._out / "measured" / f"{cell}.json"

    def _kept(self, cell: str) -> MeasuredCell:
        path = self._path(cell)
        if not path.exists():
            return MeasuredCell(cell)
        try:
            return parse(MeasuredCell, read_json(path))
        except (OSError, TypeError, ValueError) as error:
            raise UserError(f"{path} is damaged ({error}); delete it") from None
