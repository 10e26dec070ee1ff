"""A method under check: its configs and their cases; and how cases are judged together."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from denoisebench.conformance.check import Outcome, passed, raised, skipped
from denoisebench.conformance.method_case import Case
from denoisebench.conformance.subject import Subject
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.plugin.method import Task

KNOWLEDGE: tuple[TrainingKnowledge, ...] = ("known", "unknown")


@dataclass(eq=False, kw_only=True)
class MethodSubject(Subject):
    """A method.  configs: those that are looked at.  noises: asked first to last; the others of the
    suite if it declines them all."""

    configs: Sequence[Any]
    noises: Sequence[Noise]
    others: Sequence[Noise] = field(default_factory=tuple)

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """All that the method does not decline."""
        return tuple(self._cases(self.noises)) or tuple(self._cases(self.others))[:1]

    @property
    def found_cases(self) -> tuple[Case, ...]:
        """The same, if a check has asked for them."""
        return tuple(vars(self).get("cases", ()))

    def first_cases(self, key: Callable[[Case], object]) -> tuple[Case, ...]:
        """The first case of each key."""
        return tuple({key(case): case for case in reversed(self.cases)}.values())[::-1]

    @property
    def asked(self) -> Iterator[tuple[Any, Task]]:
        """All configs and tasks that it may decline."""
        for config, noise, channels, parameters in self._all((*self.noises, *self.others)):
            yield config, self._task(config, noise, channels, parameters)

    def _cases(self, noises: Iterable[Noise]) -> Iterator[Case]:
        for config, noise, channels, parameters in self._all(noises):
            task = self._task(config, noise, channels, parameters)
            if self.thing.declines(config, task) is None:
                yield Case(self.thing, config, task, noise, self.device, self.origin.files)

    def _all(self, noises: Iterable[Noise]) -> Iterator[tuple[Any, Noise, int, TrainingKnowledge]]:
        noises = tuple(noises)
        for config in self.configs:
            for channels in (GRAY, COLOUR):
                for noise in noises:
                    if noise.family.colour_only and channels == GRAY:
                        continue
                    for parameters in KNOWLEDGE:
                        yield config, noise, channels, parameters

    def _task(
        self, config: Any, noise: Noise, channels: int, parameters: TrainingKnowledge
    ) -> Task:
        from denoisebench.planning.training_planner import usual_noise

        return Task(usual_noise(self.thing, config, noise, parameters), parameters, channels)


def each_case(judge: Callable[[Case], Outcome]) -> Callable[[MethodSubject], Outcome]:
    """A judge of a method that judges all of its cases."""
    return lambda subject: _worst(judge, subject.cases)


def few_cases(judge: Callable[[Case], Outcome]) -> Callable[[MethodSubject], Outcome]:
    """A judge of a method that judges the first cases of each config with a known level and with an
    unknown one."""

    def key(case: Case) -> object:
        return id(case.config), case.task.parameters

    return lambda subject: _worst(judge, subject.first_cases(key))


def one_case(judge: Callable[[Case], Outcome]) -> Callable[[MethodSubject], Outcome]:
    """A judge of a method that judges the first case of each config: for what takes long."""

    def key(case: Case) -> object:
        return id(case.config)

    return lambda subject: _worst(judge, subject.first_cases(key))


def _worst(judge: Callable[[Case], Outcome], cases: Iterable[Case]) -> Outcome:
    """The first FAIL; else what was noted; else the largest value."""
    found: list[Outcome] = []
    for case in cases:
        try:
            outcome = judge(case)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin may raise anything
            outcome = raised(error)
        if outcome.failed:
            return replace(outcome, case=str(case))
        found.append(outcome)
    notes = [
        replace(o, case=str(c)) for o, c in zip(found, cases, strict=True) if o.status == "NOTE"
    ]
    if notes:
        same = len(notes) > 1 and len({note.text for note in notes}) == 1
        return replace(notes[0], case="") if same else notes[0]
    if all(outcome.status == "SKIP" for outcome in found):
        return found[0] if found else skipped("there is nothing to look at")
    values = [outcome for outcome in found if outcome.value is not None]
    return max(values, key=lambda outcome: outcome.value or 0.0) if values else passed()
