"""Outcomes as text and as JSON."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from denoisebench.conformance.check import Check, Outcome, Status
from denoisebench.conformance.method_subject import MethodSubject
from denoisebench.conformance.subject import Subject
from denoisebench.images.channels import CHANNEL_WORDS

WIDTH = 100

JSON_VERSION = 1
"""Raised if a key of the JSON is taken away or gets another meaning."""

_WORDS: dict[Status, str] = {"PASS": "passed", "FAIL": "failed", "NOTE": "note", "SKIP": "skipped"}


@dataclass(frozen=True, slots=True)
class Examined:
    """An object of a plugin and the outcome of each of its checks."""

    subject: Subject
    outcomes: Sequence[tuple[Check, Outcome]]

    def of(self, status: Status) -> list[tuple[Check, Outcome]]:
        return [pair for pair in self.outcomes if pair[1].status == status]


def as_text(examined: Examined, *, verbose: bool) -> Iterator[str]:
    """The lines of one object: what passed in short, all else in full."""
    subject = examined.subject
    yield "  ".join([f"{subject.name} ({subject.origin.label})", *_looked_at(subject)])
    if verbose:
        for check, outcome in examined.of("PASS"):
            yield from _line(check, outcome, check.sentence + _measured(outcome))
    elif passes := ", ".join(check.id for check, _ in examined.of("PASS")):
        yield from _wrapped("  PASS  ", passes)
    for status in ("FAIL", "NOTE"):
        for check, outcome in examined.of(status):
            yield from _line(check, outcome, f"{_told(outcome)}{_measured(outcome)}")
            if outcome.advice:
                yield from _wrapped(" " * 24, outcome.advice)
    if verbose:
        for check, outcome in examined.of("SKIP"):
            yield from _line(check, outcome, outcome.text)


def _looked_at(subject: Subject) -> list[str]:
    """The cases of a method: `gray, colour; gaussian:25 known, unknown`."""
    if not isinstance(subject, MethodSubject):
        return [subject.kind]
    channels: dict[str, None] = {}
    noises: dict[str, dict[str, None]] = {}
    for case in subject.found_cases:
        channels[CHANNEL_WORDS[case.task.channels]] = None
        noises.setdefault(str(case.noise), {})[case.task.parameters] = None
    told = [f"{noise} {', '.join(parameters)}" for noise, parameters in noises.items()]
    return ["; ".join([", ".join(channels), *told])] if told else []


def _line(check: Check, outcome: Outcome, words: str) -> Iterator[str]:
    yield from _wrapped(f"  {outcome.status}  {check.id:16}", words)


def _told(outcome: Outcome) -> str:
    case = f"{outcome.case}: " if outcome.case else ""
    where = f" in {outcome.where}" if outcome.where else ""
    return f"{case}{outcome.text}{where}"


def _measured(outcome: Outcome) -> str:
    if outcome.value is None or outcome.bound is None:  # the text says what it is
        return ""
    return f" (measured {outcome.value:.3g}, bound {outcome.bound:.3g})"


def _wrapped(begin: str, words: str) -> Iterator[str]:
    return iter(
        textwrap.wrap(
            words,
            WIDTH,
            initial_indent=begin,
            subsequent_indent=" " * len(begin),
            break_on_hyphens=False,
        )
    )


def summary(examined: Sequence[Examined], seconds: float) -> str:
    """`21 passed, 1 failed, 2 skipped (blind: not claimed) in 3.4 s`."""
    counts = {s: [pair for one in examined for pair in one.of(s)] for s in _WORDS}
    words = [f"{len(counts['PASS'])} passed"]
    words += [f"{len(counts['FAIL'])} failed"] if counts["FAIL"] else []
    if notes := len(counts["NOTE"]):
        words.append(f"{notes} note{'s' if notes > 1 else ''}")
    if counts["SKIP"]:
        words.append(f"{len(counts['SKIP'])} skipped ({_reasons(counts['SKIP'])})")
    return f"{', '.join(words)} in {seconds:.1f} s"


def _reasons(skipped: Sequence[tuple[Check, Outcome]]) -> str:
    """`learns, resume: loss-seeded fails; blind: not claimed`."""
    ids: dict[str, dict[str, None]] = {}
    for check, outcome in skipped:
        ids.setdefault(outcome.text, {})[check.id] = None
    return "; ".join(f"{', '.join(names)}: {why}" for why, names in ids.items())


def as_json(plugin: str, examined: Sequence[Examined]) -> dict[str, Any]:
    """See docs/writing-a-plugin.md, section Check it."""
    outcomes = [outcome for one in examined for _, outcome in one.outcomes]
    return {
        "version": JSON_VERSION,
        "plugin": plugin,
        **{_WORDS[s]: sum(o.status == s for o in outcomes) for s in _WORDS},
        "objects": [
            {
                "kind": one.subject.kind,
                "name": one.subject.name,
                "checks": [_json_of(check, outcome) for check, outcome in one.outcomes],
            }
            for one in examined
        ],
    }


def _json_of(check: Check, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": check.id,
        "sentence": check.sentence,
        "outcome": outcome.status,
        "text": outcome.text,
        "value": outcome.value,
        "bound": outcome.bound,
        "where": outcome.where,
        "advice": outcome.advice,
        "case": outcome.case,
    }
