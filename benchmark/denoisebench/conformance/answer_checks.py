"""Checks of what a method's functions return that the suite asks before and after a training."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.conformance.check import Outcome, Rule, failed, passed
from denoisebench.conformance.method_case import Case
from denoisebench.conformance.method_subject import MethodSubject, one_case
from denoisebench.errors import PluginError, WrongAnswerError, answer_in_words
from denoisebench.planning import answers
from denoisebench.plugin.image_method import ImageMethod
from denoisebench.plugin.method import Model, Task, TrainedMethod

if TYPE_CHECKING:
    from torch import nn


def asked_while_planning(subject: MethodSubject) -> Outcome:
    """The return values of each function that plans call, for all configs and tasks."""
    try:
        for config in subject.configs:
            answers.evidence_of(subject.thing, config)
            if isinstance(subject.thing, TrainedMethod):
                answers.config_as_trained(subject.thing, config)
                answers.passes_of(subject.thing, config)
            elif isinstance(subject.thing, ImageMethod):
                answers.most_steps_of(subject.thing, config)
        for config, task in subject.asked:
            if answers.reason_to_decline(subject.thing, config, task) is None:
                _ask(subject.thing, config, task)
    except WrongAnswerError as wrong:
        return _failed(subject, wrong.function, wrong.said, wrong.advice)
    except PluginError as error:
        raise error.__cause__ or error from None
    return passed()


def _ask(method: Any, config: Any, task: Task) -> None:
    answers.warning_of(method, config, task)
    answers.tiling_of(method, config, task)
    if isinstance(method, TrainedMethod):
        answers.stages_of(method, config, task)


def asked_of_models(case: Case) -> Outcome:
    """The return values of each function that is called on a trained model."""
    model, noisy, level = case.model, case.noisy(32, 32), case.noise.low
    assert model is not None  # it is trained
    parts = case.trained.parts_in_bf16(model.network)
    if not _are_parts(parts, model.network):
        said = f"parts_in_bf16 returned {answer_in_words(parts)}"
        return _failed(case, "parts_in_bf16", said, "return modules of the network, as (network,)")
    for name, made in (
        ("for_level", case.trained.for_level(model, level)),
        ("for_tiles_of", case.trained.for_tiles_of(model, noisy)),
    ):
        if not isinstance(made, Model):
            said = f"{name} returned {answer_in_words(made)}"
            return _failed(case, name, said, "return a Model, as dataclasses.replace(model, ...)")
    return passed()


def _are_parts(parts: object, network: "nn.Module") -> bool:
    modules = list(network.modules())
    return isinstance(parts, Iterable) and all(any(p is m for m in modules) for p in parts)


def _failed(where: MethodSubject | Case, function: str, said: str, advice: str) -> Outcome:
    return failed(said, f"{advice[0].upper()}{advice[1:]}.", where.place(function))


PLANNED: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "answers",
        "Its functions return what plans need.",
        asked_while_planning,
        ("signature", "config"),
    ),
)
OF_MODELS: tuple[Rule[MethodSubject], ...] = (
    Rule(
        "model-answers",
        "Its functions return what denoising needs.",
        one_case(asked_of_models),
        ("init-seeded",),
    ),
)
