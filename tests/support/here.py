"""Jobs on this processor that say nothing."""

from pathlib import Path

from denoisebench.execution.context import Context
from denoisebench.execution.image_reader import ImageReader


def here(out: Path) -> Context:
    """Keeps all under `out`; every image set is there already."""
    return Context(out, "cpu", ImageReader(lambda *_: None, lambda _: None), lambda _: None)
