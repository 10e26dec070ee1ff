"""Ids hold what code computes: how it is written, and where, changes none."""

import ast
import itertools
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest

from denoisebench.nn.shelf import modules_of
from denoisebench.registry.loader import load
from denoisebench.registry.source_hash import FOLLOWED, SourceHasher

INIT = '''
"""A toy."""
from denoisebench.errors import UserError
from {package}.loss import loss as squared

SCALE = 0.1


class Toy:
    summary = "a toy"

    def denoise(self, noisy, level):
        """Denoise."""
        if level is None:
            raise UserError("no level")
        return noisy - SCALE * squared(noisy, level)  # the formula
'''

LOSS = """
import math

def loss(a, b):
    return (a - b) ** 2 + math.sqrt(2)

def other(a, b):
    return abs(a - b)
"""


@pytest.fixture
def hash_of(tmp_path, monkeypatch):
    """Writes files of a package and gives the hash of all its modules."""
    numbers = itertools.count()

    def of(**files):
        files = {"__init__": INIT, "loss": LOSS} | files
        folder = tmp_path / str(next(numbers))
        package = f"toy_of_hashes{next(numbers)}"
        (folder / package).mkdir(parents=True)
        monkeypatch.syspath_prepend(str(folder))
        for name, text in files.items():
            if text is not None:
                written = textwrap.dedent(text).replace("{package}", package)
                (folder / package / f"{name}.py").write_text(written, encoding="utf-8", newline="")
        modules = [package if n == "__init__" else f"{package}.{n}" for n, t in files.items() if t]
        return SourceHasher([package]).of(modules)

    return of


SAME = {
    "a comment": INIT.replace("# the formula", "# the formula of the paper"),
    "a docstring": INIT.replace("A toy.", "A toy, said at length.").replace('"""Denoise."""', ""),
    "line ends of Windows": INIT.replace("\n", "\r\n"),
    "other formatting": INIT.replace("(noisy, level)", "(\n            noisy, level,\n        )"),
    "the message of an error": INIT.replace("no level", "give a level"),
    "the summary": INIT.replace('"a toy"', '"the best of toys"'),
    "how an image is cut into tiles": "from denoisebench.plugin import Tiling\n"
    + INIT.replace(
        "    def denoise",
        "    def tiling(self, config, task):\n        return Tiling(8, 16, 100)\n\n    def denoise",
    ),
    "types": INIT.replace("(self, noisy, level)", "(self, noisy: float, level: float) -> float"),
    "the alias of an import": INIT.replace("loss as squared", "loss").replace(
        "squared(noisy", "loss(noisy"
    ),
    "an import that is not used": "import json\n" + INIT,
    "an import within the function": INIT.replace(
        "from {package}.loss import loss as squared", ""
    ).replace('"""Denoise."""', "from {package}.loss import loss as squared"),
    "an import for the type checker": INIT.replace(
        "SCALE = 0.1",
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import numpy\n\nSCALE = 0.1",
    ),
}


@pytest.mark.parametrize("init", SAME.values(), ids=SAME.keys())
def test_what_computes_nothing_changes_no_id(hash_of, init):
    assert init != INIT
    assert hash_of(__init__=init) == hash_of()


def test_the_name_of_a_file_changes_no_id(hash_of):
    moved = INIT.replace("{package}.loss", "{package}.objective")
    assert hash_of(__init__=moved, loss=None, objective=LOSS) == hash_of()


def test_a_module_imported_whole_may_be_renamed_too(hash_of):
    whole = INIT.replace("from {package}.loss import loss as squared", "from {package} import loss")
    whole = whole.replace("squared(", "loss.loss(")
    moved = whole.replace("import loss", "import objective").replace("loss.loss", "objective.loss")
    assert hash_of(__init__=moved, loss=None, objective=LOSS) == hash_of(__init__=whole)


DIFFERENT = {
    "a number": {"__init__": INIT.replace("0.1", "0.2")},
    "a number in a module": {"loss": LOSS.replace("** 2", "** 3")},
    "an operator": {"__init__": INIT.replace("noisy - SCALE", "noisy + SCALE")},
    "a statement": {"__init__": INIT.replace('"""Denoise."""', "level = level * 1.0")},
    "a decorator": {"loss": LOSS.replace("def loss", "@staticmethod\ndef loss")},
    "another function under the same name": {"__init__": INIT.replace("loss as", "other as")},
    "another library": {
        "loss": LOSS.replace("import math", "import numpy as math"),
    },
    "a default": {"loss": LOSS.replace("(a, b)", "(a, b=0)", 1)},
    "the same function of another module": {
        "__init__": INIT.replace("{package}.loss", "{package}.second"),
        "second": LOSS.replace("2)", "3)"),
    },
}


@pytest.mark.parametrize("files", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_computes_something_else_changes_the_id(hash_of, files):
    usual = {"__init__": INIT, "loss": LOSS}
    assert any(text != usual.get(name) for name, text in files.items())
    assert hash_of(**files) != hash_of()


def test_one_of_two_modules_in_place_of_the_other_changes_the_id(hash_of):
    second = LOSS.replace("** 2", "** 4")
    other = INIT.replace("{package}.loss", "{package}.second")
    assert hash_of(second=second) != hash_of(__init__=other, second=second)


def test_modules_that_import_each_other_have_one_hash_from_either_side(hash_of):
    loss = "from {package} import SCALE\n" + LOSS.replace("sqrt(2)", "sqrt(SCALE)")
    assert hash_of(loss=loss) == hash_of(loss=loss)
    assert hash_of(loss=loss) != hash_of()


@pytest.fixture
def changed(monkeypatch):
    """The hash of a method and a noise when a piece of a core module's text is another."""

    def of(module, old, new, spec="noise2score", noise="gaussian:25"):
        def tree(hasher, name):
            text = real(hasher, name)
            if name != module:
                return text
            source = ast.unparse(text)
            assert old in source
            return ast.parse(source.replace(old, new))

        real = SourceHasher._tree
        registries = load()
        method, config = registries.method(spec)
        built_from = modules_of(config)
        family = registries.noise(noise).family
        before = registries.source_hash(method.name, family, built_from)
        with monkeypatch.context() as patch:
            patch.setattr(SourceHasher, "_tree", tree)
            after = replace(registries).source_hash(method.name, family, built_from)
        return before != after

    return of


@pytest.mark.parametrize("method", ["noise2score", "supervised", "noise2self", "sure"])
def test_a_layer_of_a_shared_network_changes_the_ids_of_methods_built_of_it(changed, method):
    assert changed("denoisebench.nn.unet", "F.max_pool2d", "F.avg_pool2d", method)
    assert changed("denoisebench.nn.unet", "START_STD = 0.02", "START_STD = 0.03", method)


def test_another_network_on_the_shelf_changes_no_id(changed):
    other = ("denoisebench.nn.residual_unet", "stride=2", "stride=1")
    assert changed(*other, "noise2score:network=unet-residual")
    assert not changed(*other, "noise2score")


def test_what_dropout_draws_from_changes_the_ids_of_networks_that_drop_alone(changed):
    drawn = ("denoisebench.nn.seeded_dropout", "2 ** 32", "2 ** 31")
    assert changed(*drawn, "noise2noise:network=unet-large")
    assert not changed(*drawn, "noise2noise:network=srresnet")
    assert not changed(*drawn, "noise2noise")


def test_a_shared_loss_changes_the_ids_of_methods_that_use_it_alone(changed):
    assert changed("denoisebench.nn.regression_losses", "gamma", "gamma_of", "supervised")
    assert not changed("denoisebench.nn.regression_losses", "gamma", "gamma_of", "noise2score")


def test_a_noise_model_changes_the_ids_of_its_own_noise_alone(changed):
    assert changed("denoisebench.noise_models.poisson", "level", "zeta", noise="poisson:0.01")
    assert not changed("denoisebench.noise_models.poisson", "level", "zeta", noise="gaussian:25")


def test_a_method_that_builds_on_another_plugin_has_an_id_of_both(tmp_path, monkeypatch):
    path = tmp_path / "heir.py"
    path.write_text(
        "from denoisebench.plugin.hooks import hookimpl\n"
        "from noise2score import Noise2Score\n\n\n"
        "class Heir(Noise2Score):\n    name = 'heir'\n\n\n"
        "@hookimpl\ndef register_methods():\n    return [Heir()]\n"
    )
    registries = load([str(path)])
    reached = []
    alone = SourceHasher._hash_linked
    monkeypatch.setattr(
        SourceHasher, "_hash_linked", lambda self, m: (reached.append(m), alone(self, m))[1]
    )
    registries.source_hash("heir", registries.noise("gaussian:25").family)
    assert {"noise2score.loss", "denoisebench.nn.unet"} <= set(reached)


def test_what_is_followed_exists():
    assert SourceHasher([]).of(FOLLOWED)


def test_ids_need_no_torch():
    code = (
        "import sys\nfrom denoisebench.registry.loader import load\nr = load()\n"
        "family = r.noise('gaussian:25').family\n"
        "for name in r.methods: r.source_hash(name, family)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
