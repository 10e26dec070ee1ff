"""A photograph of 24 megapixels, denoised in one piece: the figures of docs/denoising.md.

    python examples/studies/large_photograph.py FOLDER OUT

FOLDER has PolyU's references, NAME_mean.JPG of 512×512, of which 96 make an image of 6000×4000.  It
gets the noise of a detector (gain 0.9, read noise 3), and `bench denoise` denoises it in OUT.
Printed: PSNR of the whole and of the crops, the time of a CPU core, and the most memory.
"""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from denoisebench.image_files.source import open_pixels

ROWS, COLUMNS, SIDE = 8, 12, 500
GAIN, READ = 0.9, 3.0


def photograph(folder: Path) -> np.ndarray:
    """(4000, 6000, 3), 0 to 255."""
    paths = sorted(folder.glob("*_mean.*"))[: ROWS * COLUMNS]
    crops = [open_pixels(path).read(())[:SIDE, :SIDE] for path in paths]
    return np.vstack([np.hstack(crops[k : k + COLUMNS]) for k in range(0, len(crops), COLUMNS)])


def errors(image: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The mean squared error of each crop, (ROWS, COLUMNS)."""
    squares = (image.astype(np.float32) - truth) ** 2
    return squares.reshape(ROWS, SIDE, COLUMNS, SIDE, 3).mean(axis=(1, 3, 4))


def psnr_db(error: np.ndarray) -> np.ndarray:
    return 10.0 * np.log10(255.0**2 / error)


def main(folder: Path, out: Path) -> None:
    truth = photograph(folder)
    rng = np.random.default_rng(0)
    noisy = GAIN * rng.poisson(truth / GAIN) + READ * rng.standard_normal(truth.shape)
    seen = np.rint(noisy).clip(0, 255).astype(np.uint8)
    out.mkdir(parents=True, exist_ok=True)
    Image.fromarray(seen).save(out / "large.png")
    bench = Path(sys.executable).with_name("bench")
    subprocess.run([bench, "denoise", out / "large.png", "--overwrite"], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = open_pixels(out / "denoised" / "large.png").read(())
    before, after = errors(seen, truth), errors(made, truth)
    gains = psnr_db(after) - psnr_db(before)
    print(f"noisy {psnr_db(before.mean()):.2f} dB, denoised {psnr_db(after.mean()):.2f} dB")
    print(f"better by {gains.min():.1f} to {gains.max():.1f} dB in a crop")
    print(f"{used.ru_utime + used.ru_stime:.0f} CPU seconds, {used.ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
