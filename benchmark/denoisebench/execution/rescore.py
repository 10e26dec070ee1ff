"""Scores the kept estimates of finished cells under another protocol: nothing is denoised.

That is possible where the two protocols differ only in what comes after the estimate.  The cell
that is written has the id that a run under the other protocol looks for, so that it is found.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from denoisebench.errors import UserError
from denoisebench.images.image_set import ImageSet
from denoisebench.images.orientations import without_ensemble
from denoisebench.images.pixels import Pixels
from denoisebench.nn.shelf import modules_of
from denoisebench.noise.level_knowledge import ORACLE
from denoisebench.planning.ids import cell_id
from denoisebench.progress import Progress, ProgressCallback
from denoisebench.registry.registries import Registries
from denoisebench.results.index import read_all
from denoisebench.results.kept_estimates import Estimates
from denoisebench.results.records import CellResult, ImageScore
from denoisebench.results.store import cell_path, write_cell
from denoisebench.scoring.metrics import psnr_db
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocol_text import BEFORE, differences
from denoisebench.scoring.protocols import labelled

ORIGIN = "rescored_from"
"""The entry of a result's provenance that names the cell whose estimates were scored."""


@dataclass(frozen=True, slots=True)
class Rescoring:
    """A finished cell and its remaining work.

    cell: the id of the one to be written.  refusal: why that cannot be; empty where it can.
    done: whether it is there already.
    """

    origin: CellResult
    cell: str = ""
    refusal: str = ""
    done: bool = False

    def __str__(self) -> str:
        origin = self.origin
        return (
            f"{origin.method} on {origin.dataset}, {origin.noise}, from {origin.cell}"
            f" ({origin.protocol})"
        )


class Rescorer:
    """Scores what is kept under `out` by the rules of `protocol`."""

    def __init__(self, out: Path, protocol: Protocol, registries: Registries) -> None:
        self._out, self._protocol, self._registries = out, protocol, registries
        self._sets: dict[str, ImageSet] = {}

    def plan(self) -> list[Rescoring]:
        """The work: for each cell that keeps estimates, one cell under the other rules.

        Raises UserError for a result that cannot be read.
        """
        planned: list[Rescoring] = []
        for result in read_all(self._out):
            under_other_rules = result.error is None and result.protocol != str(self._protocol)
            if under_other_rules and _estimates(self._out, result).folder.is_dir():
                each = self._planned(result)
                twice = each.cell in {other.cell for other in planned if not other.refusal}
                planned.append(replace(each, done=each.done or twice))
        return planned

    def rescore(self, planned: Rescoring, progress: ProgressCallback) -> CellResult:
        """Score the estimates of a cell that is not refused, and write the result.

        Raises UserError for an estimate that is missing or not the one that was scored.
        """
        origin = planned.origin
        scores = list(self._scores(origin, f"{origin.method} on {origin.dataset}", progress))
        result = replace(
            origin,
            cell=planned.cell,
            protocol=str(self._protocol),
            scores=tuple(scores),
            provenance=origin.provenance | {ORIGIN: origin.cell},
        )
        write_cell(self._out, result)
        return result

    def _planned(self, origin: CellResult) -> Rescoring:
        try:
            cell = self._cell(origin)
        except UserError as error:
            return Rescoring(origin, refusal=str(error))
        return Rescoring(origin, cell, done=cell_path(self._out, cell).exists())

    def _cell(self, origin: CellResult) -> str:
        """The id of the cell to be written.  Raises UserError when there can be none."""
        before = labelled(origin.protocol, self._registries.protocols)
        if before is None:
            raise UserError(f"protocol {origin.protocol} is not known here")
        refuse_other_input(before, self._protocol, origin.dataset)
        if origin.parameters == ORACLE:
            raise UserError(f"its levels were picked under {before}; run it under {self._protocol}")
        if origin.dataset not in self._sets:
            self._sets[origin.dataset] = self._registries.image_set(origin.dataset)
        image_set = self._sets[origin.dataset]
        if origin.provenance.get("image_set_digest") != image_set.digest:
            raise UserError(f"the images of {origin.dataset} are not those that were scored")
        if self._id(origin, before) != origin.cell:
            raise UserError(f"the code of {origin.method} is not that of its result; run it again")
        repeats = before.repeats_of(origin.dataset)
        if _estimates(self._out, origin).missing(repeats, origin.left_out):
            raise UserError("some of its estimates are missing; run it again with --keep-estimates")
        return self._id(origin, self._protocol)

    def _id(self, origin: CellResult, protocol: Protocol) -> str:
        return stored_id(origin, self._registries, self._sets[origin.dataset], protocol)

    def _scores(
        self, origin: CellResult, what: str, progress: ProgressCallback
    ) -> Iterable[ImageScore]:
        before = labelled(origin.protocol, self._registries.protocols)
        assert before is not None  # else it was refused
        estimates = _estimates(self._out, origin)
        images = self._sets[origin.dataset].images
        for done, image in enumerate(images, start=1):
            clean = image.load()
            for score in (score for score in origin.scores if score.image == image.id):
                if not score.is_denoised:
                    yield score
                    continue
                estimate = estimates.read(image.id, score.repeat)
                if not _is_what_was_scored(estimate, clean, before, score):
                    raise UserError(
                        f"{estimates.path(image.id, score.repeat)} is not the estimate that was"
                        " scored; run the cell again with --keep-estimates"
                    )
                result = self._protocol.score(estimate, clean)
                yield replace(score, psnr_db=result.psnr_db, ssim=result.ssim).rounded()
            progress(Progress(what, done, len(images)))


def stored_id(
    result: CellResult, registries: Registries, image_set: ImageSet, protocol: Protocol
) -> str:
    """The id of a stored result's cell under `protocol`, by the plugins' code as it is now."""
    spec, self_ensemble = without_ensemble(result.method)
    method, config = registries.method(spec)
    family = registries.noise(result.noise).family
    return cell_id(
        method=spec,
        source=registries.source_hash(method.name, family, modules_of(config)),
        weights=result.training or result.provenance.get("weights_sha256") or "",
        parameters=result.parameters,
        noise=result.noise,
        image_set=image_set,
        protocol=protocol,
        seed=result.seed,
        self_ensemble=self_ensemble,
        precision=result.provenance.get("precision_asked", "auto"),
        assumed=result.provenance.get("assumed") or "",
    )


def refuse_other_input(first: Protocol, second: Protocol, image_set: str) -> None:
    """Raise UserError where what is denoised under one protocol is not what is under the other."""
    differing = [d for d in differences(first, second) if d.rule in BEFORE]
    if first.repeats_of(image_set) == second.repeats_of(image_set):
        differing = [d for d in differing if d.rule != "repeats"]
    if differing:
        differences_text = "; ".join(map(str, differing))
        raise UserError(f"{first} and {second} differ before the estimate, in {differences_text}")


def _is_what_was_scored(
    estimate: Pixels, clean: Pixels, protocol: Protocol, score: ImageScore
) -> bool:
    """Whether an estimate has the PSNR that is on record."""
    if estimate.shape != clean.shape:
        return False
    x, y, white = protocol.compared(estimate, clean)
    return bool(np.isclose(psnr_db(x, y, data_range=white), score.psnr_db, rtol=0.0, atol=1e-6))


def _estimates(out: Path, origin: CellResult) -> Estimates:
    return Estimates(out, origin.cell, tuple(dict.fromkeys(s.image for s in origin.scores)))
