"""The rules of a protocol in plain words, and in what two protocols differ."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from denoisebench.errors import UserError
from denoisebench.scoring.protocol import Protocol

CHOICES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "noise_by": {
            "image": "each image has separate noise, keyed by its pixels",
            "size": "images of one size share one noise field",
        },
        "noisy": {
            "float": "float, neither clipped nor rounded",
            "8-bit": "clipped to [0, 1] and rounded to 8 bits",
        },
        "estimate": {
            "float": "clipped to [0, 1], compared as float with the clean image as it is",
            "half-up": "in 8 bits, floor(255 v + 0.5) within 0 to 255, and so the clean image",
            "half-even": (
                "clipped to [0, 1], times 255, rounded to 8 bits, halves to even; the clean image"
                " rounded to 8 bits too"
            ),
            "truncated": (
                "clipped to [0, 1], times 255, truncated to 8 bits; the clean image rounded to"
                " 8 bits"
            ),
        },
        "channels": {
            "stored": "RGB or gray, as the set is",
            "luma": (
                "of RGB the luma Y = (16 + 65.481 R + 128.553 G + 24.966 B) / 255, BT.601 in studio"
                " range; gray as it is"
            ),
        },
        "average": {
            "db": "mean over images of each one's dB",
            "mse": "dB of the mean over images of each one's mean squared error",
        },
    }
)
"""The settings whose values are words: what each value means."""

BORDER = "border_px"
"""The setting that is a number."""

BEFORE = ("before the noise", "noise", "noisy image", "repeats")
"""The rules that decide what is denoised; all others come after the estimate."""


def setting_words(protocol: Protocol, name: str) -> str:
    """The words for a setting of a protocol."""
    if name != BORDER:
        return CHOICES[name][getattr(protocol, name)]
    px = protocol.border_px
    return f"{px} pixels at each side left out" if px else "none left out: images are scored whole"


def spelled_out(protocol: Protocol) -> dict[str, str]:
    """Every rule: its title and what it says, in the order in which they act."""
    multiple = protocol.square_multiple_px
    square = (
        "the image as it is"
        if multiple is None or not protocol.pads_clean
        else "reflected at the bottom and the right to one square for all images: the largest side"
        f" of the set, rounded up to a multiple of {multiple}; the estimate is cropped"
    )
    counts = ", ".join(f"{name} {count}" for name, count in protocol.repeats)
    repeats = f"with new noise each time: {counts}, in gray too; other sets 1" if counts else "1"
    return {
        "before the noise": square,
        "noise": setting_words(protocol, "noise_by"),
        "noisy image": setting_words(protocol, "noisy") + _after_noise(protocol),
        "repeats": repeats,
        "estimate": setting_words(protocol, "estimate"),
        "channels": setting_words(protocol, "channels"),
        "border": setting_words(protocol, BORDER),
        "PSNR": "10 log10(peak² / mean squared error over rows, columns and channels), in float64;"
        " peak 1 of floats, 255 of 8 bits",
        "SSIM": "Wang et al. 2004: 11×11 Gaussian window of σ 1.5 px, K1 0.01, K2 0.03, population"
        " moments, range as the peak; mean over windows inside the image, then over channels",
        "figure of a set": setting_words(protocol, "average"),
    }


def _after_noise(protocol: Protocol) -> str:
    """The padding of the noisy image, if there is one."""
    multiple = protocol.square_multiple_px
    if multiple is None or protocol.pads_clean:
        return ""
    return (
        "; then reflected at the bottom and the right to a square: its larger side, rounded up to a"
        f" multiple of {multiple}; the estimate is cropped"
    )


class Difference(NamedTuple):
    """A rule that two protocols have differently, in words."""

    rule: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.first} | {self.second})"


def differences(first: Protocol, second: Protocol) -> list[Difference]:
    """The rules that differ, in the order in which they act; none between names of the same."""
    other = spelled_out(second)
    return [
        Difference(rule, words, other[rule])
        for rule, words in spelled_out(first).items()
        if words != other[rule]
    ]


def refuse_mixed(protocols: Sequence[Protocol]) -> None:
    """Raise UserError, naming what differs, for more than one protocol."""
    first, *others = protocols
    if others:
        contrasts = [
            f"{first} and {other} differ in {'; '.join(map(str, differing))}"
            if (differing := differences(first, other))
            else f"{first} and {other} have the same rules under two names"
            for other in others
        ]
        raise UserError(
            f"figures under different protocols are not compared: {'. '.join(contrasts)}."
            " Give one --protocol, or --mixed to have them side by side, each marked"
        )
