"""Presets: what they may set, and how plugins bring them."""

from pathlib import Path

import pytest

from denoisebench.cli.run import command
from denoisebench.errors import UserError
from denoisebench.plugin.preset import SETTINGS, Preset
from denoisebench.registry.loader import load

PLUGIN = """
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.preset import Preset

@hookimpl
def register_presets():
    return [Preset("strong", "much noise", {settings})]
"""

NOT_OF_A_PRESET = {
    *("preset", "plugin", "config"),  # where options come from
    *("start", "weights"),  # files of the user's
    *("device", "out", "format", "retry-failed", "dry-run"),  # no result depends on them
}


@pytest.fixture
def plugin(tmp_path: Path):
    """Writes a plugin with the preset `strong`; gives its path."""

    def write(file: str, settings: dict[str, object]) -> str:
        path = tmp_path / file
        path.write_text(PLUGIN.replace("{settings}", repr(settings)), encoding="utf-8")
        return str(path)

    return write


def test_a_preset_of_a_plugin_is_found_by_its_name(plugin):
    path = plugin("a.py", {"noise": "gaussian:50", "method": "identity"})
    found = load([path]).preset("strong")
    assert found == Preset("strong", "much noise", {"noise": "gaussian:50", "method": "identity"})
    assert list(found.settings) == ["noise", "method"]


def test_each_setting_is_an_option_of_run_and_the_others_are_no_settings():
    options = {name for p in command.params for name in p.opts}
    assert {f"--{name}" for name in SETTINGS} <= options
    assert len(set(SETTINGS)) == len(SETTINGS)
    assert not NOT_OF_A_PRESET & set(SETTINGS)
    assert {f"--{name}" for name in NOT_OF_A_PRESET} <= options


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"nois": "gaussian:50"},
            "unknown setting of preset strong 'nois'; did you mean 'noise'?",
        ),
        ({"out": "elsewhere"}, "unknown setting of preset strong 'out'; "),
        ({"steps": 5}, "preset strong: --steps is 5; write the text that is typed"),
        ({"noise": ""}, "preset strong: --noise is ''; write the text that is typed"),
    ],
)
def test_settings_are_checked_when_the_plugin_loads(plugin, settings, said):
    path = plugin("a.py", settings)
    with pytest.raises(UserError) as caught:
        load([path])
    assert str(caught.value).startswith(f"plugin {path!r} does not load: {said}")


def test_two_plugins_with_one_preset_stop_the_program_with_both_named(plugin):
    first, second = (plugin(file, {"seed": "1"}) for file in ("a.py", "b.py"))
    with pytest.raises(UserError) as caught:
        load([first, second])
    assert str(caught.value) == f"preset 'strong' is offered by {first!r} and {second!r}"
