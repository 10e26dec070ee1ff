"""What the suite ships passes its own checks; trained methods, which take tens of seconds, with
`pytest -m slow`."""

from collections.abc import Callable
from typing import Any

import pytest
from torch import Tensor

from blindspot.model import predict as blindspot_prediction
from dbsn.model import predict as dbsn_prediction
from denoisebench.conformance import checks
from denoisebench.conformance.collect import subject_of
from denoisebench.conformance.import_check import Origin
from denoisebench.conformance.method_subject import MethodSubject
from denoisebench.conformance.promise_checks import blind
from denoisebench.plugin.method import Model, TrainedMethod
from denoisebench.registry.loader import load
from noise2self.model import j_invariant

REGISTRIES = load(())

METHODS = [
    pytest.param(
        thing,
        id=f"method-{name}",
        marks=[pytest.mark.slow] if isinstance(thing, TrainedMethod) else [],
    )
    for name, thing in REGISTRIES.methods.items()
]
OTHERS = [
    pytest.param(thing, id=f"{kind}-{name}")
    for kind, things in (
        ("noise", REGISTRIES.noises),
        ("set", REGISTRIES.image_sets),
        ("report", REGISTRIES.reports),
        ("preset", REGISTRIES.presets),
        ("protocol", REGISTRIES.protocols),
        ("budget", REGISTRIES.budgets),
        ("recipe", REGISTRIES.recipes),
        ("executor", REGISTRIES.executors),
        ("tracker", REGISTRIES.trackers),
        ("metric", REGISTRIES.metrics),
        ("published table", REGISTRIES.published),
    )
    for name, thing in things.items()
]


@pytest.mark.parametrize("thing", METHODS + OTHERS)
def test_it_passes(thing: object) -> None:
    outcomes = {c.id: c.run() for c in checks(thing) if c.id != "import-light"}
    assert not [f"{name}: {o}" for name, o in outcomes.items() if o.failed]
    assert "PASS" in {outcome.status for outcome in outcomes.values()}


CLAIMS: dict[str, Callable[[Model[Any], Tensor], Tensor]] = {
    "blindspot": lambda model, noisy: blindspot_prediction(model.network, noisy).mean,  # type: ignore[arg-type]
    "dbsn": lambda model, noisy: dbsn_prediction(model.network, noisy).mean,  # type: ignore[arg-type]
    "noise2self": j_invariant,
}
"""The part of an estimate that does not see the noisy pixel.  Noise2Void's hides pixels in training
only."""


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "dbsn" else [pytest.mark.slow]) for n in CLAIMS]
)
def test_a_blind_spot_is_blind(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = CLAIMS[name]
    method = REGISTRIES.methods[name]
    monkeypatch.setattr(
        type(method), "blind_prediction", lambda _, model, noisy: claim(model, noisy), raising=False
    )
    subject = subject_of("method", method, Origin(name), device="cpu")
    assert isinstance(subject, MethodSubject)
    assert blind(subject.cases[0]).status == "PASS"
