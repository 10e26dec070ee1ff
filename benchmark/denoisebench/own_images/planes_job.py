"""Denoises the planes of a source into a sink."""

from collections.abc import Collection, Mapping
from typing import Protocol

from denoisebench.own_images.denoisers import Denoisers
from denoisebench.own_images.planes import EVERY_ROW, Plane, Planes, Values, group_of, steps_of
from denoisebench.own_images.treatment import Treatment
from denoisebench.progress import Progress, ProgressCallback


class Sink(Protocol):
    """Where denoised planes go.  done: the planes that exist already."""

    @property
    def done(self) -> Collection[Plane]: ...
    def write(self, plane: Plane, pixels: Values, rows: slice = EVERY_ROW) -> None: ...
    def plane_done(self, plane: Plane) -> None: ...


def denoise_planes(
    source: Planes,
    treatments: Mapping[int, Treatment],
    sink: Sink,
    denoisers: Denoisers,
    progress: ProgressCallback,
) -> None:
    """Denoise each plane that is not done.  treatments: by the place along C; a channel without one
    is copied.

    Raises UserError for a plane that cannot be read or written, PluginError for what a method does.
    """
    planes, done = list(source.planes()), set(sink.done)
    for count, plane in enumerate(planes, start=1):
        if plane in done:
            continue
        treatment = treatments.get(group_of(source, plane))
        if treatment is None or treatment.denoiser is None:
            for rows in steps_of(source, EVERY_ROW):
                sink.write(plane, source.read(plane, rows), rows)
        else:
            denoisers.denoise(source, plane, treatment, sink.write)
        sink.plane_done(plane)
        if len(planes) > 1:
            progress(Progress(f"{source.path.name}, planes", count, len(planes)))
