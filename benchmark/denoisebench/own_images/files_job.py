"""`bench denoise`: each file read, denoised, and written as it was but for its pixels."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import denoisebench
from denoisebench.denoising.memory import memory_limit, planned_tiles
from denoisebench.errors import OutputError, PluginError, UserError
from denoisebench.freed_memory import freed_memory_kept
from denoisebench.image_files.copy import PixelCopy
from denoisebench.own_images.correlation import correlation_warnings
from denoisebench.own_images.denoisers import Denoisers, row_bytes
from denoisebench.own_images.option_checks import check_options
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.own_training import (
    plan_own_training,
    to_be_trained,
    train_own,
)
from denoisebench.own_images.planes import Planes, described
from denoisebench.own_images.planes_job import denoise_planes
from denoisebench.own_images.preview import MOST_FILES, FilePreview, preview_of
from denoisebench.own_images.shown_set import Seen, failure_line
from denoisebench.own_images.sidecar import facts_of, remove_sidecar, write_sidecar
from denoisebench.own_images.treatment import Treatment
from denoisebench.own_images.treatments import Choose, chooser, settle_all
from denoisebench.planning.ids import hash_of
from denoisebench.planning.plan import TrainingPlan
from denoisebench.plugin.method import TrainedMethod
from denoisebench.progress import ProgressCallback
from denoisebench.registry.registries import Registries

MOST_CLIPPED = 1e-4
"""The share of pixels beyond the range of the file's type above which a line says so."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The lines about the file `name`, and whether it could not be denoised."""

    name: str
    line: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class FilesJob:
    """results: where trainings are kept and found again.  previews: takes what is shown of each
    file, by the folder that it is written to; None to make nothing of it."""

    options: DenoiseOptions
    registries: Registries
    results: Path
    progress: ProgressCallback
    previews: dict[Path, list[FilePreview]] | None = None

    def run(self, pairs: Sequence[tuple[Path, Path]]) -> Iterator[Outcome]:
        """Denoise files: (input, output).  A file that cannot be read fails alone.

        Raises UserError for options that fit no file, where no file can be trained on, and, an
        OutputError, where an output cannot be written.
        """
        options = self.options
        check_options(options, self.registries)
        denoisers = Denoisers(options.device, options.tile, options.memory, self.progress)
        choose = chooser(options, self.registries)
        if options.weights == "train":
            choose = self._trained(pairs)
        with freed_memory_kept():
            for path, target in pairs:
                try:
                    seen = self._look_at(path)
                    treatments = settle_all(seen.source, seen.looks, choose)
                    line = self._denoise(seen, target, treatments, denoisers)
                except OutputError:
                    raise
                except (UserError, PluginError, MemoryError) as error:
                    yield _failure(path, error)
                else:
                    yield Outcome(str(path), line)

    def describe(self, pairs: Sequence[tuple[Path, Path]]) -> Iterator[Outcome]:
        """The plan of `run`, a line for each training and file; writes nothing."""
        check_options(self.options, self.registries)
        choose = chooser(self.options, self.registries)
        if self.options.weights == "train":
            plans = {training.task.channels: training for training in self._trainings(pairs)}
            for training in plans.values():
                yield Outcome(
                    training.id, f"training {training.id}: {training.task.noise}, {training.budget}"
                )
            choose = lambda _, channels: to_be_trained(plans[channels])  # noqa: E731
        for path, target in pairs:
            try:
                seen = self._look_at(path)
                treatments = settle_all(seen.source, seen.looks, choose)
            except UserError as error:
                yield _failure(path, error)
            else:
                described = _described(seen.source, treatments)
                tiles = self._tiles(seen.source, treatments)
                said = _in_lines(_doubts(seen.source, treatments))
                yield Outcome(str(path), f"{described}{tiles}; would be saved as {target}{said}")

    def _tiles(self, source: Planes, treatments: Mapping[int, Treatment]) -> str:
        """The tiles of a plane; empty where it is denoised as a whole."""
        limit_bytes = memory_limit(self.options.memory)
        found = [
            planned_tiles(
                t.denoiser.tiling,
                limit_bytes,
                source.height,
                source.width,
                self.options.tile,
                row_bytes(source),
                network="auto" if isinstance(t.denoiser.method, TrainedMethod) else None,
                device=self.options.device,
            )
            for t in treatments.values()
            if t.denoiser is not None
        ]
        said = dict.fromkeys(f"; a plane in {tiles}" for tiles in found if tiles is not None)
        return "".join(said)

    def _look_at(self, path: Path) -> Seen:
        return Seen.of(path, self.options, self.registries)

    def _trained(self, pairs: Sequence[tuple[Path, Path]]) -> Choose:
        """Train on all files that can be read: one denoiser for gray, one for colour."""
        chosen = {
            training.task.channels: train_own(
                training, self.results, self.options.device, self.registries, self.progress
            )
            for training in self._trainings(pairs)
        }
        return lambda _, channels: chosen[channels]

    def _trainings(self, pairs: Sequence[tuple[Path, Path]]) -> list[TrainingPlan]:
        seen = []
        for path, _ in pairs:
            with suppress(UserError):  # it is told when the file's turn comes
                seen.append(self._look_at(path))
        noisy = [s for s in seen if s.has_noise]
        return [
            plan_own_training(
                [s for s in noisy if s.source.channels == channels],
                channels,
                self.options,
                self.registries,
            )
            for channels in sorted({s.source.channels for s in noisy})
        ]

    def _denoise(
        self, seen: Seen, target: Path, treatments: Mapping[int, Treatment], denoisers: Denoisers
    ) -> str:
        """Denoise and write a file.  Returns the line on it."""
        begin = time.monotonic()
        source, options = seen.source, self.options
        found = {f"{t.label}, noise {t.noise.text}": None for t in treatments.values()}
        note = f"denoisebench {denoisebench.__version__}: {'; '.join(found)}"
        key = hash_of(
            {
                "denoisebench": denoisebench.__version__,
                "input": seen.sha256,
                "axes": source.axes,
                "series": options.series,
                "channels": facts_of(treatments),
                "dtype": options.dtype,
            }
        )
        copy = PixelCopy(source, target, key, options.dtype, note)
        warnings: list[str] = []

        def write_beside() -> None:
            warnings.extend(self._warnings(copy, treatments))
            outcome = {
                "clipped": copy.clipped,
                "warnings": warnings,
                "seconds": round(time.monotonic() - begin, 2),
            }
            write_sidecar(target, source, seen.sha256, treatments, outcome)
            self._show(copy, treatments, warnings)

        try:
            denoise_planes(source, treatments, copy, denoisers, self.progress)
            remove_sidecar(target)
            copy.finish(write_beside)
        finally:
            copy.close()
        return f"{_described(source, treatments)}; saved {target}{_in_lines(warnings)}"

    def _warnings(self, copy: PixelCopy, treatments: Mapping[int, Treatment]) -> list[str]:
        """Printed about a file, each line once."""
        source = copy.source
        share = copy.clipped / math.prod(source.shape)
        clipped = f"{share:.2%} of the pixels were clipped to {source.dtype}"
        found = [
            *copy.remarks,
            *_doubts(source, treatments),
            *correlation_warnings(source, copy, treatments),
            *([clipped] if share > MOST_CLIPPED else []),
        ]
        return list(dict.fromkeys(found))

    def _show(
        self, copy: PixelCopy, treatments: Mapping[int, Treatment], warnings: Sequence[str]
    ) -> None:
        """Add a file to its preview, if one is made."""
        if self.previews is None:
            return
        page = self.previews.setdefault(copy.path.parent, [])
        if len(page) < MOST_FILES:
            described = _described(copy.source, treatments)
            facts = {"noise and denoiser": described, "warnings": "; ".join(warnings) or "none"}
            page.append(preview_of(copy.source, copy, treatments, facts))


def _failure(path: Path, error: Exception) -> Outcome:
    return Outcome(str(path), failure_line(path, error), failed=True)


def _doubts(source: Planes, treatments: Mapping[int, Treatment]) -> list[str]:
    """Printed about a file before it is denoised."""
    return list(source.remarks) + [line for t in treatments.values() for line in t.warnings]


def _in_lines(warnings: Iterable[str]) -> str:
    """Each once, in a line below that of the file."""
    return "".join(f"\n  {line}" for line in dict.fromkeys(warnings))


def _described(source: Planes, treatments: Mapping[int, Treatment]) -> str:
    """`cells.tif  TYX 20×512×512 uint16; noise gaussian: σ 12; noise2score zoo:...`"""
    parts = [
        f"{f'channel {group}: ' if len(treatments) > 1 else ''}noise {t.noise.text}; {t.label}"
        for group, t in treatments.items()
    ]
    return f"{source.path.name}  {described(source)}; {'; '.join(parts)}"
