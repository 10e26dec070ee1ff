"""A sound plugin of one tiny method, and how to break it."""

from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from denoisebench.conformance import Check, checks
from denoisebench.registry.loader import import_plugin

SOUND = '''
from dataclasses import dataclass

from denoisebench.plugin import Denoised, Evidence, Tiling, TrainedMethod, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    """gain: of the output."""

    gain: float = 1.0

    def __post_init__(self):
        if not 0.0 < self.gain < 10.0:
            raise ValueError(f"gain: {self.gain:g} must lie in 0..10")


class Sound(TrainedMethod[Config]):
    name = "sound"
    summary = "a 3x3 filter that learns from pairs"
    config_type = Config
    learning_rate = 1e-2

    def evidence(self, config):
        return Evidence.NOISY_PAIRS

    def declines(self, config, task):
        simple = task.channels == 1 and task.noise.family.name == "gaussian"
        return None if simple else "it is for gray images with Gaussian noise"

    def tiling(self, config, task):
        return Tiling(multiple=1, halo=1, bytes_per_pixel=100)

    def network(self, config, task):
        from torch import nn

        return nn.Conv2d(task.channels, task.channels, 3, padding=1)

    def loss(self, model, batch, moment, rng):
        predicted = model.network(batch.noisy).float() * model.config.gain
        return (predicted - batch.target).square().mean(dim=(1, 2, 3))

    def denoise(self, model, noisy, level):
        return model.network(noisy) * model.config.gain


@hookimpl
def register_methods():
    return [Sound()]
'''
"""Everything holds of it; it does not use the level."""


def broken(folder: Path, changes: Iterable[tuple[str, str]], source: str = SOUND) -> Path:
    """A file with the plugin, its source changed: each old part by a new one."""
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    path = folder / "plugin.py"
    path.write_text(source, encoding="utf-8")
    return path


def plugin(path: Path) -> ModuleType:
    return import_plugin(str(path))


def failing(found: Iterable[Check]) -> dict[str, str]:
    """The checks that fail, and how; without the one that starts a process."""
    outcomes = {c.id: c.run() for c in found if c.id != "import-light"}
    return {name: str(outcome) for name, outcome in outcomes.items() if outcome.failed}


def failures(path: Path, *, slow: bool = False) -> dict[str, str]:
    return failing(checks(plugin(path), slow=slow))
