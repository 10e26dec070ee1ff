"""The protocols of papers, as their official codes have them.

`nvlabs` is the evaluation of Laine, Karras, Lehtinen and Aila, "High-quality self-supervised deep
image denoising", NeurIPS 2019.  `noise2score` is that of Kim and Ye, "Noise2Score: Tweedie's
approach to self-supervised image denoising without clean images", NeurIPS 2021.  `dbsn` is that of
Wu, Liu, Cao, Ren and Zuo, "Unpaired learning of deep image denoising", ECCV 2020.  `kair` is that
of Zhang's KAIR toolbox (DnCNN, FFDNet, SwinIR on additive Gaussian noise).  `neighbor2neighbor` is
that of Huang, Li, Jia, Lu and Liu, "Neighbor2Neighbor: self-supervised denoising from single noisy
images", CVPR 2021; the code of Blind2Unblind follows theirs.  Under all of them the noise is drawn
by this suite's generator; `departures` has the rest.
"""

from denoisebench.plugin import Protocol

_OWN_NOISE = "the noise is drawn by this suite's generator, not by the original's"
_LUMA = "the gray version of a colour set is its BT.601 luma in 8 bits, the original's"

_NVLABS_REPEATS = (("kodak", 10), ("bsd300", 3), ("set14", 20), ("set14-12", 20))
NVLABS = Protocol(
    name="nvlabs",
    version=1,
    summary=(
        "clean images reflected to one square for the set before the noise; float noisy input, not"
        " clipped; estimate cropped, then it and the clean image in 8 bits; with new noise each"
        f" time, {', '.join(f'{name} ×{count}' for name, count in _NVLABS_REPEATS)}"
    ),
    square_multiple_px=32,
    repeats=_NVLABS_REPEATS,
    estimate="half-up",
    departures=(
        _OWN_NOISE,
        f"{_LUMA} the mean of the channels",
        "the original has no SSIM; ours is of the 8-bit images that its PSNR is of",
    ),
)

NOISE2SCORE = Protocol(
    name="noise2score",
    version=1,
    summary=(
        "the rules of float-1, which are those of Noise2Score's code: float noisy input, not"
        " clipped; estimate clipped to [0, 1], not rounded; whole RGB or gray image"
    ),
    departures=(
        f"{_OWN_NOISE}, which has no seed",
        f"{_LUMA} a luma (0.2125 R + 0.7154 G + 0.0721 B) that is not rounded",
        "how the original cut or padded images of 321×481 for its network is not known; here a"
        " method pads as it needs and the whole image is scored",
        "the original does not clip the estimate of blind Gamma denoising; here it is clipped",
        "the original's saved pictures are truncated to 8 bits; its PSNR is of the floats",
        "the original has no SSIM",
    ),
)

DBSN = Protocol(
    name="dbsn",
    version=1,
    summary=(
        "one noise field for all images of a size; float noisy input, not clipped; estimate clipped"
        " to [0, 1], not rounded; whole RGB or gray image"
    ),
    noise_by="size",
    departures=(
        f"{_OWN_NOISE} (NumPy's legacy one, seeded with 0 for each image)",
        "the original computes PSNR in float32, here it is float64",
        "the original draws heteroscedastic noise of standard deviation (40 x + 10) / 255 for"
        " validation: that is the noise heteroscedastic-shared:40:10",
        "the original cuts the last row and column of images for its student; here they are whole",
        "the original computes no SSIM",
    ),
)

KAIR = Protocol(
    name="kair",
    version=1,
    summary=(
        "one noise field for all images of a size; float noisy input, not clipped; estimate clipped"
        " and rounded to 8 bits, halves to even, the clean image in 8 bits; whole RGB or gray image"
    ),
    noise_by="size",
    estimate="half-even",
    departures=(
        f"{_OWN_NOISE} (NumPy's legacy one, seeded with 0 for each image)",
        "the original's models for clipped noise see noisy images in 8 bits: kair:noisy=8-bit",
    ),
)

NEIGHBOR2NEIGHBOR = Protocol(
    name="neighbor2neighbor",
    version=1,
    summary=(
        "float noisy input, not clipped, reflected to a square after the noise; estimate cropped,"
        " then it and the clean image in 8 bits; with new noise each time,"
        f" {', '.join(f'{name} ×{count}' for name, count in _NVLABS_REPEATS)}"
    ),
    square_multiple_px=32,
    square_of="noisy",
    repeats=_NVLABS_REPEATS,
    estimate="half-up",
    departures=(
        f"{_OWN_NOISE} (NumPy's legacy one, seeded with 101 once, for Kodak, BSD300 and Set14 in"
        " this order, all images of a set, then all again)",
        "the original computes PSNR in float32, here it is float64",
        "its Set14 is 12 images, without bridge and man: set14-12 here",
    ),
)

PROTOCOLS = (NVLABS, NEIGHBOR2NEIGHBOR, NOISE2SCORE, DBSN, KAIR)
