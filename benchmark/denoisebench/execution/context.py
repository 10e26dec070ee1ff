"""What the jobs of a plan share."""

from dataclasses import dataclass
from pathlib import Path

from denoisebench.execution.image_reader import ImageReader
from denoisebench.progress import ProgressCallback


@dataclass(frozen=True, slots=True)
class Context:
    """Where jobs run.  out: the folder of trainings and results.  device: `auto`, `cpu`, ..."""

    out: Path
    device: str
    reader: ImageReader
    progress: ProgressCallback
