"""Checks of `denoise`."""

from functools import partial

import torch

from denoisebench.conformance.check import Outcome, Rule, failed, noted, passed
from denoisebench.conformance.method_case import Case, estimate
from denoisebench.conformance.method_subject import MethodSubject, each_case, few_cases
from denoisebench.conformance.seeds import changed_generators, global_seed, place_that_draws, states
from denoisebench.denoising.denoiser import denoise_checked
from denoisebench.errors import PluginError, WrongAnswerError
from denoisebench.noise.level_reading import LevelUnknownError
from denoisebench.plugin.method import Denoised

SIDES = (40, 48)
"""Of the image that most checks use."""

SIZES = ((1, 1), (1, 40), (40, 1), (2, 2), (33, 17), (64, 65), (7, 300))


def shape(case: Case) -> Outcome:
    return _wrong(case, *SIDES) or passed()


def any_size(case: Case) -> Outcome:
    for height, width in SIZES:
        try:
            wrong = _wrong(case, height, width)
        except LevelUnknownError:  # too small to tell its level
            continue
        except Exception as error:
            error.args = (f"at {height}×{width}: {error}",)
            raise
        if wrong is not None:
            return wrong
    return passed()


def _wrong(case: Case, height: int, width: int) -> Outcome | None:
    """The fault of the estimate from an image of this size."""
    noisy, made = case.noisy(height, width), []

    def denoise(image: torch.Tensor, level: float | None) -> Denoised:
        made.append(estimate(case.denoiser, image, level))
        return made[0]

    where, size = case.place("denoise"), f"{height}×{width}"
    try:
        denoise_checked("it", denoise, noisy[0].cpu().numpy(), case.level, case.device)
    except LevelUnknownError:
        raise
    except WrongAnswerError as wrong:
        advice = f"{wrong.advice[0].upper()}{wrong.advice[1:]}."
        return failed(f"at {size} {wrong.said}", advice, where)
    except PluginError as error:
        if error.__cause__ is not None:  # raised by the method, not by what checks it
            raise error.__cause__ from None
        advice = "Return (1, C, H, W) of the image's size, finite; see `Output` for others."
        return failed(f"at {size} {error}", advice, where)
    if made[0].image.dtype != torch.float32:
        text = f"at {size} it returns {made[0].image.dtype}".replace("torch.", "")
        return failed(text, "Return float32.", where)
    return None


def keeps_input(case: Case) -> Outcome:
    noisy = case.noisy(*SIDES)
    before = noisy.clone()
    with torch.no_grad():
        case.denoiser(noisy, case.level)
    if not torch.equal(noisy, before):
        text, advice = "denoise changes the noisy image", "Work on a copy: noisy.clone()."
        return failed(text, advice, case.place("denoise"))
    if case.model is None:
        return passed()
    batch = case.batch(2, case.crop_px)
    shown = [x for x in (batch.noisy, batch.target, batch.clean, batch.level) if x is not None]
    copies = [x.clone() for x in shown]
    case.losses(case.network(), batch)
    if not all(torch.equal(x, copy) for x, copy in zip(shown, copies, strict=True)):
        text, advice = "loss changes the batch", "Work on a copy: batch.noisy.clone()."
        return failed(text, advice, case.place("loss"))
    return passed()


def deterministic(case: Case) -> Outcome:
    noisy, where = case.noisy(*SIDES), case.place("denoise")
    case.denoise(noisy)  # what it keeps of the image before is the business of `alone`
    made = []
    for seed in (1, 2):
        with global_seed(seed):
            before = states()
            made.append(case.denoise(noisy).image)
            changed = changed_generators(before)
        if changed:
            text = f"denoise draws from the global generator of {changed}"
            line = place_that_draws(partial(case.denoise, noisy), case.files) or where
            return failed(text, "Draw from a torch.Generator with a fixed seed.", line)
    if not torch.equal(*made):
        text = "the same image gives two estimates"
        advice = "Draw from a torch.Generator with a fixed seed."
        return failed(text, advice, where, value=float((made[0] - made[1]).abs().max()), bound=0.0)
    return passed()


def alone(case: Case) -> Outcome:
    noisy, where = case.noisy(*SIDES), case.place("denoise")
    model = case.denoiser.model
    weights = (
        None if model is None else {k: v.clone() for k, v in model.network.state_dict().items()}
    )
    first = case.denoise(noisy).image
    case.denoise(case.noisy(56, 35, seed=1))
    again = case.denoise(noisy).image
    if not torch.equal(first, again):
        text = "an image gives another estimate after another image"
        difference = float((first - again).abs().max())
        return failed(text, "Keep no state between images.", where, value=difference, bound=0.0)
    if model is not None and weights is not None:
        now = model.network.state_dict()
        changed = [name for name, old in weights.items() if not torch.equal(old, now[name])]
        if changed:
            text = f"denoise changes the network: {', '.join(changed[:3])}"
            return failed(text, "Keep no state between images.", where)
    return passed()


def level(case: Case) -> Outcome:
    """Whether `denoise` needs the level, and whether it uses one."""
    noisy, given = case.noisy(*SIDES), case.noise.low
    try:
        without = estimate(case.denoiser, noisy, case.level).image
    except LevelUnknownError:
        return passed()
    except Exception:
        if case.level is None and _works(case, noisy, given):
            raise  # it is the level that it lacks
        return passed()
    if case.level is None:
        return passed()
    other = estimate(case.denoiser, noisy, 2.0 * given).image
    return (
        noted("the estimate does not depend on the level")
        if torch.equal(without, other)
        else passed()
    )


def _works(case: Case, noisy: torch.Tensor, given: float) -> bool:
    try:
        estimate(case.denoiser, noisy, given)
    except Exception:  # noqa: BLE001  # of any kind: another check names it
        return False
    return True


RULES: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "level",
        "It denoises without a level where the parameters are unknown.",
        few_cases(level),
        ("declines", "init-seeded"),
    ),
    Rule("shape", "(1, C, H, W) becomes the same, float32, finite.", each_case(shape), ("level",)),
    Rule("any-size", "Images of 1×1 and odd sizes are denoised.", few_cases(any_size), ("shape",)),
    Rule(
        "keeps-input",
        "The noisy image and the batch are as they were afterwards.",
        few_cases(keeps_input),
        ("shape", "loss-shape"),
    ),
    Rule(
        "deterministic",
        "The same image gives the same estimate, whatever the global seeds.",
        few_cases(deterministic),
        ("shape",),
    ),
    Rule(
        "alone",
        "An image gives the same estimate after other images.",
        few_cases(alone),
        ("deterministic",),
    ),
)
