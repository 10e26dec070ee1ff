"""The state that the jobs of a plan share."""

from dataclasses import dataclass, field
from pathlib import Path

from denoisebench.execution.image_reader import ImageReader
from denoisebench.execution.noisy_images import NoisyImages
from denoisebench.execution.tracking import Tracking
from denoisebench.images.image_set import ImageSet
from denoisebench.progress import ProgressCallback
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec


@dataclass(frozen=True, slots=True)
class Context:
    """Where jobs run.  out: the folder of trainings and results.  device: `auto`, `cpu`, ...

    memory_gb: what denoising may take, in 10⁹ bytes; None for what `memory_limit` finds.
    """

    out: Path
    device: str
    reader: ImageReader
    progress: ProgressCallback
    memory_gb: float | None = None
    tracking: Tracking = field(default_factory=Tracking)
    noisy_images: NoisyImages = field(default_factory=NoisyImages)


def make_context(
    out: Path,
    device: str,
    registries: Registries,
    progress: ProgressCallback,
    memory_gb: float | None = None,
) -> Context:
    """A context whose reader fetches image sets that are missing; one that was made from a user's
    files has no source to fetch it from."""

    def fetch(image_set: ImageSet, progress: ProgressCallback) -> None:
        spec = parse_spec(image_set.spec)
        source = registries.image_sets.get(spec.name)
        if source is not None and not source.is_local(spec):
            source.fetch(spec, progress)

    return Context(out, device, ImageReader(fetch, progress), progress, memory_gb)
