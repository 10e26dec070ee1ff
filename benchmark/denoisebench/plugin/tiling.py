"""How an image may be cut into tiles that are denoised one by one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tiling:
    """The halo and the grid with which a tile's pixels come out as in the whole image.

    multiple: tiles begin at multiples of this many pixels from the upper left corner of the image,
    and end at such from the lower right: 32 of a network that halves its input five times.
    halo: pixels around a tile that its result depends on; they are shown and cropped.
    bytes_per_pixel: memory that denoising takes for each pixel shown, in float32.
    needs_level: whether an unknown level, which the method would read off the tile, must be given.
    Then the suite reads it off the whole image, with the family's `read`.

    Raises ValueError for a halo that the reflected border of a tile could fill.

    >>> Tiling(multiple=32, halo=128, bytes_per_pixel=1500).needs_level
    False
    """

    multiple: int
    halo: int
    bytes_per_pixel: int
    needs_level: bool = False

    def __post_init__(self) -> None:
        if self.multiple < 1 or self.bytes_per_pixel < 1:
            raise ValueError("multiple and bytes_per_pixel are 1 or more")
        if self.halo < self.multiple - 1:
            raise ValueError(
                f"halo: {self.halo} is too small for multiples of {self.multiple}; give"
                f" {self.multiple} or more"
            )
