"""How much training: named lengths, those of plugins too."""

from dataclasses import replace

import pytest

from denoisebench.budgets import BUDGETS, Budget
from denoisebench.defaults import DEFAULTS
from denoisebench.errors import UserError
from denoisebench.planning.run_options import RunOptions
from denoisebench.registry.loader import load

PLUGIN = """
from denoisebench.plugin import Budget, hookimpl

@hookimpl
def register_budgets():
    return [Budget({name!r}, steps={steps}, batch=16, crop_px=64)]
"""


@pytest.fixture
def plugin(tmp_path):
    def write(name="night", steps=100):
        path = tmp_path / f"{name}_{steps}.py"
        path.write_text(PLUGIN.format(name=name, steps=steps))
        return str(path)

    return write


def test_a_budget_of_a_plugin_is_asked_for_by_name_and_results_give_its_length(plugin):
    budgets = load([plugin()]).budgets
    assert budgets.keys() == {*BUDGETS, "night"}
    asked = RunOptions(budget="night").request(["tv"], budgets).budget
    assert asked == Budget("night", steps=100, batch=16, crop_px=64)
    assert asked.label == "6.6 Mpx"
    longer = RunOptions(budget="night", steps=7).request(["tv"], budgets).budget
    assert longer == replace(asked, name="custom", steps=7)


def test_a_name_of_the_suite_is_not_taken_twice(plugin):
    offered = r"budget 'quick' is offered by 'the suite' and '.*quick_100.py'"
    with pytest.raises(UserError, match=offered):
        load([plugin("quick")])


def test_a_budget_of_no_steps_does_not_load(plugin):
    with pytest.raises(UserError, match=r"--steps 0 is not in 1\.\.1000000000"):
        load([plugin("idle", 0)])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"steps": 0}, r"--steps 0 is not in 1\.\.1000000000"),
        ({"steps": 10**400}, r"is not in 1\.\.1000000000"),
        ({"batch": 15}, "--batch 15: give an even"),
        ({"batch": 0}, r"--batch 0 is not in 2\.\.65536"),
        ({"batch": 65_538}, r"--batch 65538 is not in 2\.\.65536"),
        ({"crop_px": 50}, "--crop 50: give a multiple of 32"),
        ({"crop_px": 0}, r"--crop 0 is not in 32\.\.8192"),
        ({"crop_px": 8_224}, r"--crop 8224 is not in 32\.\.8192"),
    ],
)
def test_a_length_that_no_training_can_have_is_refused(change, said):
    with pytest.raises(UserError, match=said):
        replace(BUDGETS["quick"], **change)


def test_the_defaults_name_what_comes_with_the_suite():
    registries = load()
    assert DEFAULTS.budget in registries.budgets
    for noise in (DEFAULTS.noise, DEFAULTS.noises_of_a_sweep):
        registries.noise(noise)
    for name in (*DEFAULTS.methods, *DEFAULTS.ranked_methods):
        registries.method(name)
    for spec in (DEFAULTS.datasets, *DEFAULTS.train_sets):
        registries.source(spec)


def test_no_steps_are_not_taken_for_the_steps_of_the_budget():
    with pytest.raises(UserError, match="--steps 0 is not in"):
        RunOptions(steps=0).request(["tv"], BUDGETS)
