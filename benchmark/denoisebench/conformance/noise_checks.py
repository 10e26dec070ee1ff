"""Checks of a noise family, on images of one value each."""

import math
from collections.abc import Callable

import numpy as np

from denoisebench.conformance.check import Outcome, Rule, failed, passed, skipped, within
from denoisebench.conformance.inputs import picture, slope
from denoisebench.conformance.noise_subject import (
    HIGH,
    IMAGES,
    LOW,
    MIDDLE,
    NoiseSubject,
    deviations,
    means_of,
)
from denoisebench.conformance.static_checks import ANY, pickles
from denoisebench.errors import UserError
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.noise.family import Noise, NoiseFamily
from denoisebench.specs import number_text, parse_spec

DEVIATIONS = 5.0
"""A mean may be off by this many standard errors."""

OFF = 0.1
"""An estimate of the level may be off by this share."""


def _of_drawn(judge: Callable[[NoiseSubject], Outcome]) -> Callable[[NoiseSubject], Outcome]:
    """A judge that leaves out noise that is given with images."""

    def judged(subject: NoiseSubject) -> Outcome:
        given = subject.family.treated_as() is not None
        return skipped("it is given with images, never drawn") if given else judge(subject)

    return judged


def image(subject: NoiseSubject) -> Outcome:
    where, noise = subject.place("sample"), subject.at(MIDDLE)
    for channels in (COLOUR,) if subject.family.colour_only else (GRAY, COLOUR):
        clean = picture(channels, 20, 33)
        before = clean.copy()
        noisy = noise.noisy(clean, seed=0)[0]
        if noisy.dtype != np.float32 or noisy.shape != clean.shape:
            text = f"sample makes {noisy.dtype} {noisy.shape} of float32 {clean.shape}"
            return failed(text, "Return float32 of the same shape.", where)
        if not np.isfinite(noisy).all():
            return failed("sample makes pixels that are not finite", "Guard it.", where)
        if not np.array_equal(clean, before):
            return failed("sample changes the clean image", "Work on a copy.", where)
    return passed()


def seeded(subject: NoiseSubject) -> Outcome:
    from denoisebench.conformance.seeds import changed_generators, global_seed, states

    where, noise, made = subject.place("sample"), subject.at(MIDDLE), []
    clean = picture(subject.channels, 20, 33)
    for seed in (1, 2):
        with global_seed(seed):
            before = states()
            made.append(noise.noisy(clean, seed=0)[0])
            changed = changed_generators(before)
        if changed:
            text = f"sample draws from the global generator of {changed}"
            return failed(text, "Draw from `stream` alone.", where)
    if not np.array_equal(made[0], made[1]):
        return failed("one stream gives two noisy images", "Draw from `stream` alone.", where)
    if np.array_equal(made[0], noise.noisy(clean, seed=1)[0]):
        return failed("another seed gives the same noise", "Draw from `stream`.", where)
    return passed()


def preserves(subject: NoiseSubject) -> Outcome:
    (clean, noisy), kind = subject.low, subject.family.preserves
    where = subject.place()
    advice = "Set `preserves` to what equals the clean value: see `NoiseFamily`."
    if kind == "nothing":
        return skipped("it preserves nothing")
    if kind == "mean":
        off = deviations(means_of(noisy.astype(np.float64) - clean))
        text = f"the mean of noisy pixels is {off:.1f} standard errors off the clean value"
    elif kind == "median":
        above = deviations(means_of(np.greater(noisy, clean) - 0.5))
        below = deviations(means_of(np.less(noisy, clean) - 0.5))
        off = max(above, below)
        text = f"more than half of the noisy pixels are on one side, by {off:.1f} standard errors"
    elif kind == "mode":
        counts = np.histogram(noisy - clean, bins=511, range=(-1.0, 1.0))[0]
        off = float(abs(int(counts.argmax()) - 255))
        text = f"the most frequent noisy value is {off:g}/255 off the clean one"
        return within(off, 1.0, text, advice, where)
    else:
        return _kept_pixels(subject)
    size = abs(off) if kind == "mean" else off
    return within(size, DEVIATIONS, text, advice, where)


def _kept_pixels(subject: NoiseSubject) -> Outcome:
    import torch

    clean, noisy = subject.low
    observed = subject.family.observed(torch.from_numpy(noisy))
    where = subject.place("observed")
    if observed is None:
        return failed("observed marks no pixel", "Return 1 where a pixel is kept, else 0.", where)
    kept = np.broadcast_to(observed.numpy(), noisy.shape) > 0
    if not np.array_equal(clean[kept], noisy[kept]):
        text = "pixels that `observed` marks are not those of the clean image"
        return failed(text, "Return 1 where a pixel is kept, else 0.", where)
    return passed()


def level(subject: NoiseSubject) -> Outcome:
    sizes = []
    for quantile in (LOW, MIDDLE, HIGH):
        clean, noisy = subject.drawn(subject.at(quantile), np.linspace(0.2, 0.8, 16))
        sizes.append(float(np.abs(noisy - clean).mean()))
    if sizes[0] < sizes[1] < sizes[2] or sizes[0] > sizes[1] > sizes[2]:
        return passed()
    text = f"the noise is {', '.join(f'{s:.3g}' for s in sizes)} in size at three rising levels"
    return failed(text, "Let `sample` scale with the level.", subject.place("sample"))


def unclipped(subject: NoiseSubject) -> Outcome:
    if subject.family.preserves != "mean":
        return skipped("it does not keep the mean")
    worst = 0.0
    for value in (0.02, 0.98):
        clean, noisy = subject.drawn(subject.at(HIGH), np.full(IMAGES // 2, value))
        worst = max(worst, abs(deviations(means_of(noisy.astype(np.float64) - clean))))
    text = f"near black or white the mean is {worst:.1f} standard errors off: it is clipped"
    return within(worst, DEVIATIONS, text, "Do not clip to [0, 1].", subject.place("sample"))


def resample(subject: NoiseSubject) -> Outcome:
    """Fresh draws have the mean and the mean square of the fixed ones."""
    if type(subject.family).resample is NoiseFamily.resample:
        return skipped("it offers no fresh draws")
    import torch

    clean, noisy = subject.low
    levels = torch.full((IMAGES, 1, 1, 1), subject.at(LOW).low)
    rng = torch.Generator().manual_seed(0)
    fresh = subject.family.resample(torch.from_numpy(clean), levels, rng).numpy()
    worst = 0.0
    for power in (1, 2):
        ours, theirs = (
            means_of((made.astype(np.float64) - clean) ** power) for made in (fresh, noisy)
        )
        worst = max(worst, abs(deviations(ours - theirs)))
    text = f"resample and sample differ in a moment by {worst:.1f} standard errors"
    where = subject.place("resample")
    return within(worst, DEVIATIONS, text, "Let both draw the same noise.", where)


def variance(subject: NoiseSubject) -> Outcome:
    if not subject.family.has_variance:
        return skipped("it defines no variance")
    import torch

    clean, noisy = subject.low
    level = torch.tensor(subject.at(LOW).low)
    said = subject.family.variance(torch.from_numpy(clean), level).numpy()
    found = means_of((noisy.astype(np.float64) - clean) ** 2 - said)
    off = abs(deviations(found))
    text = f"the noise has another variance than `variance` says, by {off:.1f} standard errors"
    where = subject.place("variance")
    return within(off, DEVIATIONS, text, "Mind the unit: [0, 1] squared.", where)


def estimate(subject: NoiseSubject) -> Outcome:
    if not subject.family.can_estimate:
        return skipped("it estimates no level")
    noise = subject.at(MIDDLE)
    found = subject.family.estimate(noise.noisy(slope(subject.channels, 256, 256), seed=0)[0])
    off = math.inf if found is None else abs(found / noise.low - 1.0)
    text = f"estimate finds {found} where the level is {number_text(noise.low)}"
    return within(off, OFF, text, "Return None if it cannot tell.", subject.place("estimate"))


def spec(subject: NoiseSubject) -> Outcome:
    """Specs come back as they are, and a level out of range is refused."""
    family, where = subject.family, subject.place("parse")
    noise = family.parse(parse_spec(family.example))
    again = noise.family.parse(parse_spec(str(noise)))
    if (again, str(again)) != (noise, str(noise)) and str(again) != str(noise):
        text = f"{str(noise)!r} becomes {str(again)!r} when it is read again"
        return failed(text, "Let `settings` write what `parse` reads.", where)
    if noise.family.name != family.name:  # another name for noise of another family
        return passed()
    beyond = str(Noise(family, 10.0 * family.highest, 10.0 * family.highest))
    try:
        family.parse(parse_spec(beyond))
    except UserError:
        return passed()
    return failed(f"{beyond!r} is accepted", "Refuse levels outside lowest..highest.", where)


RULES: tuple[Rule[NoiseSubject], ...] = (
    *ANY,
    Rule("pickles", "It can be pickled.", pickles),
    Rule(
        "noise-image",
        "Noisy images are float32, finite, of the same shape.",
        _of_drawn(image),
        ("signature",),
    ),
    Rule(
        "noise-seeded",
        "One stream gives one noisy image, another seed another one.",
        _of_drawn(seeded),
        ("noise-image",),
    ),
    Rule(
        "noise-preserves",
        "The mean, median or mode of 10⁶ pixels is the clean value, as `preserves` says.",
        _of_drawn(preserves),
        ("noise-seeded",),
    ),
    Rule(
        "noise-level",
        "The noise grows or falls with the level.",
        _of_drawn(level),
        ("noise-seeded",),
    ),
    Rule(
        "noise-unclipped",
        "The mean is kept near black and white too.",
        _of_drawn(unclipped),
        ("noise-preserves",),
    ),
    Rule(
        "noise-resample",
        "Fresh draws have the moments of fixed ones.",
        _of_drawn(resample),
        ("noise-seeded",),
    ),
    Rule(
        "noise-variance",
        "The noise has the variance that `variance` says.",
        _of_drawn(variance),
        ("noise-preserves",),
    ),
    Rule(
        "noise-estimate",
        "The level read off a picture without detail is at most 10 % off.",
        _of_drawn(estimate),
        ("noise-seeded",),
    ),
    Rule("noise-spec", "Its specs are read as they are written.", _of_drawn(spec), ("signature",)),
)
