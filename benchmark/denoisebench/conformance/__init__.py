"""Checks of plugins that run in seconds: for `bench check`, and for tests of plugins.

    import pytest
    from denoisebench.conformance import checks
    from my_method import MyMethod

    @pytest.mark.parametrize("check", checks(MyMethod()), ids=str)
    def test_it_conforms(check):
        outcome = check.run()
        assert not outcome.failed, outcome

No image set is read and no weights: inputs are made in memory, from fixed seeds.
"""

from typing import Any

from denoisebench.conformance.check import Check, Outcome

__all__ = ["Check", "Outcome", "checks"]


def checks(plugin_object: Any, *, device: str = "cpu", slow: bool = False) -> list[Check]:
    """The checks of a method, noise family, image source, report, or of all that a module with
    hooks registers.

    device: where networks run.  slow: also those that take long.  A check that needs another one
    runs that first; each runs once, however often it is asked.  Raises UserError for an object of
    no such kind.
    """
    from denoisebench.conformance.collect import checks_of

    return checks_of(plugin_object, device=device, slow=slow)
