"""Finding plugins: ours and strangers', installed and not, sound and broken."""

import importlib
import inspect
import textwrap
from types import SimpleNamespace

import pytest

from denoisebench import plugin
from denoisebench.errors import UserError
from denoisebench.noise.family import NoiseFamily
from denoisebench.plugin import hooks
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.method import UntrainedMethod
from denoisebench.registry.loader import load
from denoisebench.registry.moved import MOVED, RENAMED, RENAMED_MEMBERS, renamed_members

HOOKS = [name for name in vars(hooks) if name.startswith("register_")]

METHOD = """
from dataclasses import dataclass

from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.method import UntrainedMethod


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    strength: float = 0.5


class Toy(UntrainedMethod[Config]):
    name, summary, config_type = "{name}", "a toy", Config

    def denoise(self, config, task, noisy, level):
        return noisy


@hookimpl
def register_methods():
    return [Toy()]
"""


@pytest.fixture
def plugin_file(tmp_path):
    """Writes a plugin that is one file; gives its path."""

    def write(file, text):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return str(path)

    return write


def source_hash(registries):
    return registries.source_hash("toy", registries.noise("gaussian:25").family)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a module where installed packages lie, with an entry point of its own name."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def put(module, text, target=None):
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[denoisebench]\n{module} = {target or module}\n")

    return put


def toy(name="toy"):
    return METHOD.replace("{name}", name)


def test_the_suites_own_plugins_are_found_by_their_entry_points():
    found = load()
    assert not found.broken
    assert {"gaussian", "poisson", "gamma"} <= found.noises.keys()
    assert {"identity", "noise2noise", "noise2score", "supervised"} <= found.methods.keys()
    assert {"samples", "folder", "kodak", "cbsd68", "set12"} <= found.image_sets.keys()
    assert {"table", "csv", "json"} <= found.reports.keys()
    assert {"csv", "tensorboard"} <= found.trackers.keys()
    assert {"noise2score/gray-gaussian25"} <= found.recipes.keys()
    assert {"gauss25-n2c", "gauss5_50-blindspot-sigma_per_image-mono"} <= found.presets.keys()


def test_everything_offered_stands_under_its_own_name_in_order_of_names(plugin_file):
    found = load([plugin_file("a.py", toy("aaa")), plugin_file("z.py", toy("zzz"))])
    kinds = (found.noises, found.methods, found.image_sets)
    kinds = (*kinds, found.reports, found.presets, found.recipes, found.trackers)
    for registry in kinds:
        assert list(registry) == sorted(registry)
        assert all(name == thing.name and thing.summary for name, thing in registry.items())
    assert next(iter(found.methods)) == "aaa"


def test_a_file_is_a_plugin(plugin_file):
    method, config = load([plugin_file("toy.py", toy())]).method("toy:strength=2")
    assert isinstance(method, UntrainedMethod)
    assert config.strength == 2.0


def test_a_module_is_a_plugin(plugin_file, tmp_path, monkeypatch):
    plugin_file("module_of_a_stranger.py", toy())
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "toy" in load(["module_of_a_stranger"]).methods


def test_an_installed_package_is_a_plugin(install):
    install("installed_toy", toy())
    found = load()
    assert "toy" in found.methods
    assert not found.broken


def test_an_object_is_a_plugin_and_its_methods_source_is_hashed(install):
    offer = (
        "class Offer:\n    register_methods = staticmethod(register_methods)\n\noffer = Offer()\n"
    )
    install("object_toy", toy() + offer, target="object_toy:offer")
    found = load()
    assert "toy" in found.methods
    assert len(source_hash(found)) == 64


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        ("nowhere/none.py", "there is no such file"),
        ("no_such_module_at_all", "ModuleNotFoundError: No module named 'no_such_module_at_all'"),
    ],
)
def test_a_given_plugin_that_is_not_there_is_an_error(item, reason):
    with pytest.raises(UserError) as caught:
        load([item])
    assert str(caught.value) == f"plugin {item!r} does not load: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise RuntimeError('no licence\\nfound')", "RuntimeError: no licence found"),
        ("def broken(:", "SyntaxError: "),
        (toy().replace("return [Toy()]", "raise OSError('disk')"), "OSError: disk"),
        (toy().replace("@hookimpl", ""), "register_methods is not marked with @hookimpl"),
    ],
)
def test_a_given_file_that_raises_is_an_error_that_names_it(plugin_file, text, reason):
    path = plugin_file("bad.py", text)
    with pytest.raises(UserError) as caught:
        load([path])
    assert str(caught.value).startswith(f"plugin {path!r} does not load: {reason}")
    assert "\n" not in str(caught.value)


def test_an_installed_plugin_that_raises_is_reported_and_disables_only_itself(install):
    install("broken_plugin", "raise RuntimeError('no licence')")
    install("sound_plugin", toy())
    found = load()
    assert dict(found.broken) == {
        "broken_plugin": "RuntimeError: no licence, in broken_plugin.py:1"
    }
    assert {"toy", "noise2score"} <= found.methods.keys()


def test_an_installed_plugin_whose_hook_raises_is_reported_and_disables_only_itself(install):
    install("raising_plugin", toy().replace("return [Toy()]", "raise OSError('disk')"))
    found = load()
    assert dict(found.broken) == {
        "raising_plugin": "OSError: disk, in raising_plugin.py:22 (register_methods)"
    }
    assert "noise2score" in found.methods


def test_a_hook_that_returns_the_wrong_type_is_reported_with_both_types(install):
    install("mistyped_plugin", toy().replace("return [Toy()]", "return ['toy']"))
    found = load()
    assert found.broken["mistyped_plugin"] == "register_methods returned 'toy', which is no Method"
    assert "toy" not in found.methods


def test_two_plugins_that_offer_one_name_stop_the_program_with_both_named(plugin_file):
    first, second = plugin_file("one.py", toy()), plugin_file("two.py", toy())
    with pytest.raises(UserError) as caught:
        load([first, second])
    assert str(caught.value) == f"method 'toy' is offered by {first!r} and {second!r}"


def test_a_plugin_cannot_take_the_name_of_one_of_our_methods(plugin_file):
    path = plugin_file("mine.py", toy("noise2score"))
    with pytest.raises(UserError, match="method 'noise2score' is offered by ") as caught:
        load([path])
    assert repr(path) in str(caught.value)
    assert str(caught.value).count("'noise2score'") == 2  # the method, and the plugin of ours


@pytest.mark.parametrize(
    "name",
    ["../../escape", "a/b", "..", ".hidden", "-x", "a:b", "a,b", "a=b", "a b", "é", "x" * 65],
)
def test_a_name_that_is_no_name_of_a_folder_is_refused_in_a_line(plugin_file, name):
    with pytest.raises(UserError, match=r"register_methods offers the name '") as caught:
        load([plugin_file("toy.py", toy(name))])
    assert "give one of letters, digits and -_. that begins" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_of_64_characters_is_taken(plugin_file):
    assert "a-_." + "x" * 60 in load([plugin_file("toy.py", toy("a-_." + "x" * 60))]).methods


def test_a_misspelt_hook_is_an_error_that_names_it_and_the_hooks_there_are(plugin_file):
    path = plugin_file("bad.py", toy().replace("def register_methods", "def register_method"))
    with pytest.raises(
        UserError, match="register_method is no hook; the hooks are register_n"
    ) as caught:
        load([path])
    assert all(word in str(caught.value) for word in [path, *HOOKS])


def test_a_misspelt_hook_of_an_installed_plugin_is_reported(install):
    install("misspelt_plugin", toy().replace("def register_methods", "def register_method"))
    assert "register_method is no hook;" in load().broken["misspelt_plugin"]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.method("noise2scroe"), "unknown method 'noise2scroe'; did you mean 'noise2s"),
        (lambda r: r.noise("gausian:25"), "unknown noise model 'gausian'; did you mean 'gaussian'"),
        (lambda r: r.image_set("kodac"), "unknown data set 'kodac'; did you mean 'kodak'"),
        (lambda r: r.report("tabel"), "unknown report 'tabel'; did you mean 'table'"),
        (
            lambda r: r.preset("gauss25-n2k"),
            "unknown preset 'gauss25-n2k'; did you mean 'gauss25-n2",
        ),
        (
            lambda r: r.recipe("noise2score/gray-gausian25"),
            "unknown recipe 'noise2score/gray-gausian25'; did you mean 'noise2score/gray-gaussian2",
        ),
        (lambda r: r.noise("qqqqqqqq"), "unknown noise model 'qqqqqqqq'; known: chi2, correlated"),
        (lambda r: r.method("noise2score:prob=paired"), "'prob'; did you mean 'probe'"),
    ],
)
def test_an_unknown_name_gives_the_nearest_one_or_all(ask, message):
    with pytest.raises(UserError, match=message):
        ask(load())


def test_the_source_hash_of_a_method_follows_its_file_and_not_its_line_ends(plugin_file):
    def hash_of(text):
        path = plugin_file("toy.py", "")
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return source_hash(load([path]))

    first = hash_of(toy())
    assert hash_of(toy()) == first
    assert hash_of(toy().replace("\n", "\r\n")) == first
    assert hash_of(toy() + "CHANGED = True\n") != first


def test_the_source_hash_of_a_package_follows_every_module_of_it(
    plugin_file, tmp_path, monkeypatch
):
    monkeypatch.syspath_prepend(str(tmp_path))
    plugin_file("packaged_toy/__init__.py", toy())
    plugin_file("packaged_toy/network.py", "WIDTH = 48\n")
    before = source_hash(load(["packaged_toy"]))
    plugin_file("packaged_toy/network.py", "WIDTH = 64\n")
    assert source_hash(load(["packaged_toy"])) != before


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_says_what_it_returns_and_what_a_clash_does(hook):
    text = inspect.getdoc(getattr(hooks, hook))
    assert text.startswith("Return ")
    assert "already taken" in text


def test_plugins_named_in_the_environment_are_loaded_each_time(plugin_file, monkeypatch):
    paths = [plugin_file("a.py", toy("aaa")), plugin_file("z.py", toy("zzz"))]
    monkeypatch.setenv("DENOISEBENCH_PLUGINS", ",".join(paths))
    found = load(paths[:1])
    assert found.foreign == {"method aaa": paths[0], "method zzz": paths[1]}
    assert not load([]).broken
    monkeypatch.setenv("DENOISEBENCH_PLUGINS", "absent.py")
    with pytest.raises(UserError, match=r"'absent\.py' of \$DENOISEBENCH_PLUGINS does not load: "):
        load()
    monkeypatch.setenv("DENOISEBENCH_PLUGINS", "")
    assert load().foreign == {}


def test_there_is_a_hook_for_each_kind_of_thing():
    kinds = ["budgets", "executors", "image_sets", "methods", "metrics", "noise_models"]
    kinds += ["presets", "protocols", "published", "recipes", "reports", "trackers"]
    assert sorted(HOOKS) == [f"register_{kind}" for kind in kinds]


OLD = {
    "from denoisebench.interfaces import UntrainedMethod": "denoisebench.plugin",
    "from denoisebench.hookspecs import hookimpl": "denoisebench.plugin",
    "from denoisebench.noise.model import NoiseFamily": "denoisebench.plugin",
    "from denoisebench.images import ImageSet": "denoisebench.plugin",
    "from denoisebench.networks import UNet": "denoisebench.nn",
    "from denoisebench.inference import run_padded": "denoisebench.nn",
    "from denoisebench.results import COLUMNS": "denoisebench.results.dataframe",
}


@pytest.mark.parametrize(("line", "new"), OLD.items())
def test_a_plugin_that_imports_what_has_moved_is_told_where_to(plugin_file, line, new):
    old = line.split()[1]
    with pytest.raises(UserError) as wrong:
        load([plugin_file("old.py", f"{line}\n")])
    assert f"does not load: {old} has moved: import its names from {new}" in str(wrong.value)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_plugin_that_imports_an_earlier_name_is_told_the_new_one(plugin_file, old, new):
    with pytest.raises(UserError, match=f"denoisebench.plugin.{old} is now called {new}$"):
        load([plugin_file("old.py", f"from denoisebench.plugin import {old}\n")])
    assert new in plugin.__all__


@pytest.mark.parametrize(("old", "new"), RENAMED_MEMBERS.items())
def test_a_plugin_that_defines_an_earlier_name_is_told_the_new_one(old, new):
    assert renamed_members(SimpleNamespace(**{old: "median"})) == (
        f"SimpleNamespace: {old} is now called {new}"
    )
    assert hasattr(NoiseFamily, new) or hasattr(ImageSource, new)


def test_a_noise_family_of_an_earlier_version_does_not_load_in_silence(plugin_file):
    source = """
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin import hookimpl

class Median(Gaussian):
    name = "my-median"
    keeps = "median"

@hookimpl
def register_noise_models():
    return [Median()]
"""
    with pytest.raises(UserError, match="Median: keeps is now called preserves"):
        load([plugin_file("median.py", source)])


def test_what_has_moved_is_where_it_is_said_to_be():
    for new in MOVED.values():
        importlib.import_module(new)
