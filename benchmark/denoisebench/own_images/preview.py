"""preview.html: the middle plane of each file before and after, and what was removed."""

import base64
import io
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from denoisebench.files import write_whole
from denoisebench.images.pixels import Pixels
from denoisebench.images.shown_range import percentile_range
from denoisebench.noise.whiteness import whiteness
from denoisebench.outside_text import printable
from denoisebench.own_images.planes import Plane, Planes, Rows, Values, group_of
from denoisebench.own_images.treatment import Treatment

MOST_FILES = 24
"""On a page: with more of them a browser, and this process, would hold gigabytes."""

LARGEST_PX = 1024
"""Of the sides of a picture; of a larger plane the middle is shown."""

WHITE_RESIDUAL = 0.1
"""Above this whiteness what was removed is visibly no white noise."""


@dataclass(frozen=True, slots=True)
class FilePreview:
    """A file on the page.  noisy, denoised, removed: PNG, base64.  facts: name, value."""

    name: str
    place: str
    noisy: str
    denoised: str
    removed: str
    removed_span: str
    facts: Sequence[tuple[str, str]]


def preview_of(
    source: Planes, result: Rows, treatments: Mapping[int, Treatment], facts: Mapping[str, str]
) -> FilePreview:
    """The middle plane of a file and of its denoised copy."""
    planes = list(source.planes())
    plane = planes[len(planes) // 2]
    noisy, denoised = (_middle(source, which, plane) for which in (source, result))
    black, white = percentile_range(noisy)
    removed = noisy - denoised
    span = 3.0 * float(removed.std()) or 1.0
    rest = whiteness(
        _shown(noisy, treatments, source, plane), _shown(denoised, treatments, source, plane)
    )
    return FilePreview(
        name=printable(source.path.name),
        place=place_of(source, plane),
        noisy=_png(noisy, black, white),
        denoised=_png(denoised, black, white),
        removed=_png(removed, -span, span),
        removed_span=f"{span:.3g}",
        facts=[*facts.items(), ("whiteness of what was removed", _whiteness_text(rest))],
    )


def write_preview(folder: Path, files: Sequence[FilePreview]) -> Path:
    """Write the page.  Raises UserError when it cannot be written."""
    from jinja2 import Environment

    text = Path(__file__).with_name("preview.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True).from_string(text)
    path = folder / "preview.html"
    page = template.render(files=files, most=MOST_FILES, nonce=secrets.token_urlsafe(16))
    write_whole(path, page.encode())
    return path


def place_of(source: Planes, plane: Plane) -> str:
    """`512×384 pixels`, and of several planes which one: `T=9, C=0`."""
    at = ", ".join(f"{axis}={index}" for axis, index in zip(source.axes, plane, strict=False))
    return f"{source.width}×{source.height} pixels{f', {at}' if at else ''}"


def _shown(
    values: Values, treatments: Mapping[int, Treatment], source: Planes, plane: Plane
) -> Pixels:
    """As the denoiser sees them, so that noise is the same everywhere."""
    treatment = treatments.get(group_of(source, plane))
    if treatment is not None:
        return treatment.intensity.shown(values)
    pixels = values.astype(np.float32)
    return pixels[None] if pixels.ndim == 2 else np.moveaxis(pixels, 2, 0)


def _whiteness_text(rest: float) -> str:
    if np.isnan(rest):
        return "nothing was removed"
    if rest > WHITE_RESIDUAL:
        return f"{rest:.3f}: not white; the noise is correlated, or structure was removed"
    return f"{rest:.3f} (0: white)"


def _middle(source: Planes, which: Rows, plane: Plane) -> Values:
    top, left = ((side - min(side, LARGEST_PX)) // 2 for side in (source.height, source.width))
    rows = which.read(plane, slice(top, min(top + LARGEST_PX, source.height)))
    return rows[:, left : left + LARGEST_PX].astype(np.float64)


def _png(values: Values, black: float, white: float) -> str:
    """Base64 of 8 bits, clipped."""
    from PIL import Image

    span = white - black or 1.0
    levels = np.rint(255.0 * ((values - black) / span).clip(0.0, 1.0)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(levels).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode("ascii")
