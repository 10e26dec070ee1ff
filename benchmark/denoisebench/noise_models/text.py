"""Words written over the image, as captions and watermarks are (Noise2Noise, Lehtinen et al., ICML
2018, text removal).

Below one half covered, the median of a pixel over many draws is the clean pixel: an L1 loss learns
from noisy pairs.  As in the Keras project of that paper: 5 to 10 letters of A-Z, a-z and 0-9 in a
random colour, a later word over an earlier one, until more than p % of the pixels are covered.
Departures: The font is our own (`noise.font`), at one, two or three times its size. A word may lie
anywhere where it touches the image, so that every pixel is equally likely to be covered. In that
code it lies inside, and the border is spared. Colours are not rounded. At p = 0 there is no word;
there is one in that code.
"""

from typing import TYPE_CHECKING

import numpy as np

from denoisebench.images.pixels import Pixels
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.stream import Stream
from denoisebench.noise_models.font import LETTERS, Ink, word

if TYPE_CHECKING:
    import torch
    from torch import Tensor

SHORTEST, LONGEST = 5, 10
"""Letters of a word, at least and at most."""

LARGEST = 3
"""The scale of a word is a whole number from 1 to this."""


class Text(NoiseFamily):
    name = "text"
    summary = "words of random place, size and colour, over p % of the image"
    symbol = "p"
    unit = "percent of the pixels covered"
    lowest, highest = 0.0, 95.0
    blind = (0.0, 50.0)
    preserves = "median"
    unit_scale = 100.0
    independent = False
    spread = "even"

    def sample(self, clean: Pixels, level: float, stream: Stream) -> Pixels:
        """More than p % of the pixels are covered, by less than the last word's; none at p = 0."""
        covered, colours = written(clean.shape, level, stream)
        return np.where(covered, colours, clean)

    def resample(self, clean: "Tensor", level: "Tensor", rng: "torch.Generator") -> "Tensor":
        """The same, each image on its own, written on the CPU from seeds that `rng` draws.

        The last word goes further beyond p % of a patch than of a whole image: at p = 25, patches
        of 64×64 are covered by 27.4 % on average.
        """
        import torch

        shape = (clean.shape[1], clean.shape[2], clean.shape[3])
        seeds = torch.randint(2**62, (len(clean),), generator=rng, device=clean.device).tolist()
        levels = level.expand(len(clean), 1, 1, 1).flatten().tolist()
        texts = [
            written(shape, one, Stream("fresh text", str(seed)))
            for seed, one in zip(seeds, levels, strict=True)
        ]
        covered = torch.from_numpy(np.stack([ink for ink, _ in texts])).to(clean.device)
        colours = torch.from_numpy(np.stack([colour for _, colour in texts])).to(clean.device)
        return torch.where(covered.unsqueeze(1), colours, clean)


def written(shape: tuple[int, ...], level: float, stream: Stream) -> tuple[Ink, Pixels]:
    """Words on an empty page, until more than `level` percent of it is covered.

    shape: (C, H, W).  Returns where there is ink, (H, W), and its colour, (C, H, W), 0 elsewhere.
    The parts of a word outside the image are cut off.
    """
    channels, height, width = shape
    covered = np.zeros((height, width), dtype=np.bool_)
    colours = np.zeros(shape, dtype=np.float32)
    wanted, count = level * height * width / 100.0, 0
    while level > 0.0 and count <= wanted:
        ink, top, left = _word(height, width, stream)
        ink = ink[max(-top, 0) : height - top, max(-left, 0) : width - left]
        rows = slice(max(top, 0), max(top, 0) + ink.shape[0])
        columns = slice(max(left, 0), max(left, 0) + ink.shape[1])
        count += int(np.count_nonzero(ink & ~covered[rows, columns]))
        covered[rows, columns] |= ink
        colours[:, rows, columns][:, ink] = stream.uniform32(channels)[:, None]
    return covered, colours


def _word(height: int, width: int, stream: Stream) -> tuple[Ink, int, int]:
    """A random word that touches a page (height, width), and the row and column it begins at."""
    u = stream.uniform(4 + LONGEST)
    length = SHORTEST + int(u[0] * (LONGEST - SHORTEST + 1))
    letters = (u[4 : 4 + length] * len(LETTERS)).astype(np.intp)
    ink = word(letters, 1 + int(u[1] * LARGEST))
    top, left = (
        int(u[2 + axis] * (page + size - 1)) - size + 1
        for axis, (page, size) in enumerate(zip((height, width), ink.shape, strict=True))
    )
    return ink, top, left
