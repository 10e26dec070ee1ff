"""A check of a plugin, and its outcome."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from denoisebench.conformance.places import place_of_error

Status = Literal["PASS", "FAIL", "SKIP", "NOTE"]

SubjectT = TypeVar("SubjectT")
SubjectT_contra = TypeVar("SubjectT_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a check.

    text: what was found, or why it was skipped.  value, bound: what was measured, and its limit.
    where: file:line in the plugin, of a FAIL.  advice: what to do about it.  case: the config,
    channels and noise that it was found with; empty if it is found with all of them.
    """

    status: Status
    text: str = ""
    value: float | None = None
    bound: float | None = None
    where: str = ""
    advice: str = ""
    case: str = ""

    @property
    def failed(self) -> bool:
        return self.status == "FAIL"

    def __str__(self) -> str:
        case = f"{self.case}: " if self.case else ""
        where = f" ({self.where})" if self.where else ""
        advice = f". {self.advice}" if self.advice else ""
        return f"{self.status} {case}{self.text}{where}{advice}"


def passed(value: float | None = None, bound: float | None = None) -> Outcome:
    return Outcome("PASS", value=value, bound=bound)


def skipped(text: str) -> Outcome:
    return Outcome("SKIP", text)


def noted(text: str, value: float | None = None, advice: str = "") -> Outcome:
    return Outcome("NOTE", text, value, advice=advice)


def failed(
    text: str,
    advice: str,
    where: str = "",
    *,
    value: float | None = None,
    bound: float | None = None,
) -> Outcome:
    return Outcome("FAIL", text, value, bound, where, advice)


def within(value: float, bound: float, text: str, advice: str, where: str) -> Outcome:
    """A PASS where a value is at most its bound; else a FAIL with this text."""
    if value <= bound:
        return passed(value, bound)
    return failed(text, advice, where, value=value, bound=bound)


@dataclass(frozen=True, slots=True)
class Rule(Generic[SubjectT_contra]):
    """A rule, and the function that checks it.

    needs: ids of rules without which this one says nothing: it is skipped if one of them fails.
    slow: whether it runs only if asked for.
    """

    id: str
    sentence: str
    judge: Callable[[SubjectT_contra], Outcome]
    needs: tuple[str, ...] = ()
    slow: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """One rule for one object of a plugin: `run()` finds its outcome."""

    id: str
    sentence: str
    run: Callable[[], Outcome]

    def __str__(self) -> str:
        return self.id


class Examination(Generic[SubjectT]):
    """The rules for one subject; each is judged once."""

    def __init__(self, subject: SubjectT, rules: Sequence[Rule[SubjectT]], *, slow: bool) -> None:
        self._subject, self._slow = subject, slow
        self._rules: Mapping[str, Rule[SubjectT]] = {rule.id: rule for rule in rules}
        self._outcomes: dict[str, Outcome] = {}

    def checks(self) -> list[Check]:
        def check(rule: Rule[SubjectT]) -> Check:
            return Check(rule.id, rule.sentence, lambda: self._outcome(rule))

        return [check(rule) for rule in self._rules.values()]

    def _outcome(self, rule: Rule[SubjectT]) -> Outcome:
        if rule.id not in self._outcomes:
            self._outcomes[rule.id] = self._judged(rule)
        return self._outcomes[rule.id]

    def _failing(self, rule: Rule[SubjectT]) -> str:
        """A rule that this one needs, itself or by way of others, and that fails; or nothing."""
        for need in (self._rules[name] for name in rule.needs if name in self._rules):
            if self._outcome(need).failed:
                return need.id
            if failing := self._failing(need):
                return failing
        return ""

    def _judged(self, rule: Rule[SubjectT]) -> Outcome:
        if rule.slow and not self._slow:
            return skipped("--slow")
        if failing := self._failing(rule):
            return skipped(f"{failing} fails")
        try:
            return rule.judge(self._subject)
        except MemoryError:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin may raise anything
            return raised(error)


def raised(error: BaseException) -> Outcome:
    """The FAIL of an exception from a plugin."""
    place = place_of_error(error)
    code = f" `{place.code}`" if place is not None and place.code else ""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return failed(f"{text[:300]}{code}", "It must not raise.", str(place or ""))
