"""What the suite ships passes its own checks; trained methods, which take tens of seconds, with
`pytest -m slow`."""

import pytest

from denoisebench.conformance import checks
from denoisebench.plugin.method import TrainedMethod
from denoisebench.registry.loader import load

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
    )
    for name, thing in things.items()
]


@pytest.mark.parametrize("thing", METHODS + OTHERS)
def test_it_passes(thing: object) -> None:
    outcomes = {c.id: c.run() for c in checks(thing) if c.id != "import-light"}
    assert not [f"{name}: {o}" for name, o in outcomes.items() if o.failed]
    assert outcomes["names"].status == "PASS"
