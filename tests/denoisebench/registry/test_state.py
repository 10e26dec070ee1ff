"""What a failure is tried again for: another file of the plugin, another thing installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.registry import state
from denoisebench.registry.loader import load
from denoisebench.registry.state import state_of

PLUGIN = """
from dataclasses import dataclass
from denoisebench.plugin import UntrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    pass

class Toy(UntrainedMethod):
    name, summary, config_type = "toy", "a toy", Config

    def denoise(self, config, task, noisy, level):
        return noisy

@hookimpl
def register_methods():
    return [Toy()]
"""


@pytest.fixture(autouse=True)
def _installed_anew() -> Iterator[None]:
    """What is installed is looked at again, in the test and after it."""
    state._installed.cache_clear()
    yield
    state._installed.cache_clear()


def test_any_change_of_the_plugins_file_is_another_state(tmp_path: Path) -> None:
    file = tmp_path / "toy.py"
    file.write_text(PLUGIN)
    things = [load([str(file)]).methods["toy"], Gaussian()]
    before = state_of(things)
    assert state_of(things[::-1]) == before
    assert state_of(things[1:]) != before
    file.write_text(f"{PLUGIN}# a comment\n")
    assert state_of(things) != before
    file.write_text(PLUGIN)
    assert state_of(things) == before


def test_what_is_installed_or_upgraded_is_another_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [state_of([Gaussian()])]
    monkeypatch.syspath_prepend(tmp_path)
    for version in ("1.0", "1.1"):
        metadata = tmp_path / "lacked.dist-info" / "METADATA"
        metadata.parent.mkdir(exist_ok=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: lacked\nVersion: {version}\n")
        state._installed.cache_clear()
        states.append(state_of([Gaussian()]))
    (tmp_path / "half.dist-info").mkdir()
    state._installed.cache_clear()
    states.append(state_of([Gaussian()]))
    assert len(set(states[:3])) == 3
