"""What a plugin may give as `config_type`: nothing, or a frozen dataclass with defaults."""

import pickle
from pathlib import Path

import pytest
from bench import bench

from denoisebench.conformance.import_check import Origin
from denoisebench.plugin import NoSettings, TrainedMethod, UntrainedMethod
from denoisebench.registry.loader import load

PLUGIN = """
from dataclasses import dataclass
from denoisebench.plugin import UntrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    size: int

class Plain(UntrainedMethod):
    name, summary = "plain", "the image as it is"

    def denoise(self, config, task, noisy, level):
        return noisy

@hookimpl
def register_methods():
    return [Plain()]
"""
LINE = "    name, summary"


def test_a_method_without_a_config_type_has_no_settings(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(PLUGIN)
    asked = ("--plugin", "plain.py", "--method", "plain")
    done = bench("run", *asked, "--datasets", "samples-gray", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "plain" in done.stdout
    refused = bench("run", *asked[:3], "plain:size=3", cwd=tmp_path)
    assert refused.returncode == 2
    assert "size" in refused.stderr
    shown = bench("show", "method", "plain", *asked[:2], cwd=tmp_path)
    assert "settings" not in shown.stdout
    checked = bench("check", "plain.py", "--only", "config,names,pickles", cwd=tmp_path)
    assert checked.stdout.splitlines()[-1].startswith("3 passed in"), checked.stdout


@pytest.mark.parametrize("base", [UntrainedMethod, TrainedMethod])
def test_help_shows_a_config_type_that_is_taken(base: type) -> None:
    assert base.config_type is NoSettings  # type: ignore[attr-defined]
    assert ", object" not in str(base.__doc__)
    assert pickle.loads(pickle.dumps(NoSettings())) == NoSettings()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('config_type = object; name, summary',
         "config_type of Plain is <class 'object'>, in plain.py:9: give a class with"
         " @dataclass(frozen=True), or leave it out where there are no settings"),
        ("config_type = Config; name, summary",
         "field size of Config has no default, in plain.py:5: give each field a default"),
        ("name, _", "Plain has no summary, in plain.py:9: give it a summary"),
    ],
)  # fmt: skip
def test_a_plugin_that_is_refused_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, change: str, said: str
) -> None:
    path = tmp_path / "plain.py"
    path.write_text(PLUGIN.replace(LINE, f"    {change}"))
    done = bench("list", "methods", "--plugin", "plain.py", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    outcome = Origin(str(path)).outcome
    assert (outcome.text, outcome.advice) == (f"it does not load: {said}", "")


def test_settings_stay_as_they_are() -> None:
    assert load().method("tv")[1] != NoSettings()
