"""Checks of a method that learns on each image: its steps, and whether they help."""

from dataclasses import replace

from denoisebench.conformance.check import Outcome, Rule, failed, passed
from denoisebench.conformance.method_case import IMAGE_PX, Case, estimate, gain_of
from denoisebench.conformance.method_subject import MethodSubject, few_cases, one_case
from denoisebench.planning.answers import most_steps_of
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.progress import Progress

SIDES = (40, 48)

LEAST_GAIN_DB = 1.0


def steps(case: Case) -> Outcome:
    """Each step is counted, and there are no more than the method says."""
    assert isinstance(case.method, ImageMethod)  # its rules are for such methods alone
    most, where = most_steps_of(case.method, case.config), case.place("denoise")
    taken = case.denoise(case.noisy(*SIDES)).steps
    if taken == 0:
        text = "no step was counted"
        return failed(text, "Write `for step in fit.steps(...)`.", where, value=0, bound=1)
    if taken > most:
        text = f"{taken} steps were counted, and most_steps says {most}"
        advice = f"Let `most_steps` return {taken} or more."
        return failed(text, advice, case.place("most_steps"), value=taken, bound=most)
    return passed(taken, most)


def interruptible(case: Case) -> Outcome:
    """An interruption between two steps ends it."""

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    try:
        estimate(case.denoiser.telling(interrupt), case.noisy(*SIDES), case.level)
    except KeyboardInterrupt:
        return passed()
    text = "it goes on after an interruption"
    return failed(text, "Let KeyboardInterrupt out of `fit.steps`.", case.place("denoise"))


def denoises(case: Case) -> Outcome:
    """With its usual settings, the estimate of one picture is better than the noisy image."""
    usual = replace(case, config=case.method.config_type())
    clean, noisy = usual.clean(IMAGE_PX, IMAGE_PX), usual.noisy(IMAGE_PX, IMAGE_PX)
    made = usual.denoise(noisy).image
    gain_db = gain_of(made, noisy, clean)
    if not gain_db >= LEAST_GAIN_DB:
        text = f"the estimate is {gain_db:.2f} dB better than the noisy image"
        advice = "Look at the sign of the loss, at the learning rate and at what is returned."
        where = case.place("denoise")
        return failed(text, advice, where, value=gain_db, bound=LEAST_GAIN_DB)
    return passed(gain_db, LEAST_GAIN_DB)


RULES: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "steps",
        "It takes its steps from `fit.steps`, at most as many as it says.",
        few_cases(steps),
        ("shape",),
    ),
    Rule(
        "interruptible",
        "An interruption between two steps ends it.",
        one_case(interruptible),
        ("steps",),
    ),
    Rule(
        "denoises",
        "With its usual settings it gains 1 dB on one picture.",
        one_case(denoises),
        ("steps",),
        slow=True,
    ),
)
