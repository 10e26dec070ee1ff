"""What docstrings say of methods, their settings and noises."""

from dataclasses import dataclass, fields

import pytest

from denoisebench.registry.docstrings import equations_of, field_docs, prose_of
from denoisebench.registry.loader import load

REGISTRIES = load()

PLUGIN = """
'''A plugin: y = x + n.

    this = is of the plugin, not of what the method imports
'''
from dataclasses import dataclass
from denoisebench.plugin import UntrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    "Nothing to set."

class Toy(UntrainedMethod[Config]):
    '''What it does.

    >>> 1 + 1
    2
    '''
    name, summary, config_type = "toy", "a toy", Config

    def denoise(self, config, task, noisy, level):
        return noisy

@hookimpl
def register_methods():
    return [Toy()]
"""


@dataclass(frozen=True)
class Config:
    """a, b: two of
    them.  c, where it is used: a third; `x: y` is no field.

    Raises ValueError for much.
    """

    a: int = 1
    b: int = 2
    c: int = 3
    d: int = 4


def test_the_fields_of_a_config_are_told_from_its_docstring():
    assert field_docs(Config) == {
        "a": "two of them.",
        "b": "two of them.",
        "c": "where it is used: a third; `x: y` is no field.",
    }


@pytest.mark.parametrize("name", REGISTRIES.methods)
def test_each_field_of_each_methods_config_is_explained(name):
    cls = REGISTRIES.methods[name].config_type
    assert set(field_docs(cls)) == {field.name for field in fields(cls)}


def test_the_equations_of_a_method_are_those_of_the_modules_that_it_is_built_from():
    of = {name: equations_of(method) for name, method in REGISTRIES.methods.items()}
    (sure,) = of["sure"]
    assert sure.function == "sure.sure"
    assert sure.lines[0].startswith("SURE = mean (f(y) − y)² − σ²")
    assert [e.function for e in of["pure"]] == ["pure", "pure.pure_first_order", "pure.pure_sparse"]
    assert {"loss.ardae_loss", "loss.paired_ardae_loss"} <= {e.function for e in of["noise2score"]}
    assert of["identity"] == of["noise2noise"] == []


def test_the_prose_of_a_method_is_that_of_its_class_and_module_without_examples(tmp_path):
    (tmp_path / "toy.py").write_text(PLUGIN)
    method, _ = load([str(tmp_path / "toy.py")]).method("toy")
    first, second, third = prose_of(method)
    assert (first, second) == ("What it does.", "A plugin: y = x + n.")
    assert third.startswith("    this = ")
    assert equations_of(method) == []


def test_the_prose_of_a_noise_has_its_equations():
    told = prose_of(REGISTRIES.noises["rician"])
    assert any(part.startswith("    y = √((x + σ/255·n₁)²") for part in told)
