"""The pictures of docs/denoising.md: files as they were | as `bench denoise` made them.

    python examples/own_images.py my
    bench denoise my
    python examples/studies/before_after.py my my/denoised docs/denoising

writes a JPEG for each file of both folders: the middle plane, a pixel for a pixel, both halves with
the percentiles of the noisy one as black and white.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from denoisebench.image_files.source import open_pixels
from denoisebench.images.shown_range import percentile_range


def middle(path: Path) -> np.ndarray:
    """(H, W) or (H, W, 3)"""
    source = open_pixels(path)
    planes = list(source.planes())
    return source.read(planes[len(planes) // 2]).astype(np.float64)


def main(noisy: Path, denoised: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for path in sorted(p for p in noisy.iterdir() if (denoised / p.name).is_file()):
        before = middle(path)
        black, white = percentile_range(before)
        both = np.concatenate([before, middle(denoised / path.name)], axis=1)
        levels = 255.0 * ((both - black) / (white - black)).clip(0.0, 1.0)
        image = Image.fromarray(np.rint(levels).astype(np.uint8))
        image.save(out / f"{path.stem}.jpg", quality=88)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
