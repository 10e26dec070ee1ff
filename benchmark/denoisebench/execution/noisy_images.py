"""The noisy images of cells, as their protocols have them, drawn once for all methods."""

from typing import NamedTuple

from denoisebench.errors import plugin_code
from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels, pixel_hash
from denoisebench.noise.given import noisy_of
from denoisebench.planning.plan import CellPlan
from denoisebench.scoring.metrics import psnr_db
from denoisebench.scoring.protocol import padded_to_square

KEPT_BYTES = 1 << 28
"""The most that the kept images take: those of kodak take 113 MB."""


class NoisyImage(NamedTuple):
    """A method's input.  sha256: of the pixels, as `pixel_hash`.  psnr_db: without the padding,
    neither clipped nor rounded."""

    pixels: Pixels
    level: float | None
    sha256: str
    psnr_db: float


class NoisyImages:
    """Makes noisy images.  Those of the last image set, noise, seed and protocol are kept for the
    cells that follow, which usually are the same with another method."""

    def __init__(self) -> None:
        self._of: object = None
        self._kept: dict[tuple[str, int], NoisyImage] = {}
        self._bytes = 0

    def get(
        self, cell: CellPlan, image: LoadedImage, square_px: int | None, repeat: int
    ) -> NoisyImage:
        """A repeat of an image of a cell; the pixels are the caller's.  square_px: the side that a
        clean image is padded to.  Raises PluginError for what the noise model does wrong."""
        images = cell.image_set
        of = images.spec, images.channels, str(cell.noise), cell.seed, cell.protocol, square_px
        if of != self._of:
            self._of, self._kept, self._bytes = of, {}, 0
        found = self._kept.get((image.id, repeat))
        if found is None:
            with plugin_code(cell.noise.family.name):
                pixels, level = _made(cell, image, square_px, repeat)
            psnr = psnr_db(pixels[unpadded(image)], image.clean, data_range=1.0)
            found = NoisyImage(pixels, level, pixel_hash(pixels), psnr)
            if self._bytes + pixels.nbytes <= KEPT_BYTES:
                self._kept[image.id, repeat] = found
                self._bytes += pixels.nbytes
        return found._replace(pixels=found.pixels.copy())


def unpadded(image: LoadedImage) -> tuple[slice, slice, slice]:
    """Where the image is in what a protocol pads."""
    return slice(None), slice(image.clean.shape[1]), slice(image.clean.shape[2])


def _made(
    cell: CellPlan, image: LoadedImage, square_px: int | None, repeat: int
) -> tuple[Pixels, float | None]:
    """The noisy image that is denoised, with what the protocol does to it, and its level."""
    if image.noisy is not None:
        noisy, level = noisy_of(image, cell.noise, cell.seed)
        return _squared(cell, cell.protocol.shown(noisy)), level
    clean = image.clean if square_px is None else padded_to_square(image.clean, square_px)
    draw = repeat + 1 if repeat else 0  # 1 is what training sees as the second copy of a pair
    noise_by = cell.protocol.noise_by
    noisy, level = cell.noise.noisy(clean, seed=cell.seed, draw=draw, by=noise_by)
    return _squared(cell, cell.protocol.shown(noisy)), level


def _squared(cell: CellPlan, noisy: Pixels) -> Pixels:
    """A noisy image, reflected to a square if the protocol does that after the noise."""
    protocol = cell.protocol
    side_px = protocol.square_px([noisy]) if protocol.square_of == "noisy" else None
    return noisy if side_px is None else padded_to_square(noisy, side_px)
