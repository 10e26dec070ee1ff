"""Each check of methods that learn on an image fails for a plugin that breaks its rule, and no
other one does."""

from pathlib import Path

import pytest
from broken import broken, failures, plugin

from denoisebench.conformance import checks

SOUND = '''
from dataclasses import dataclass

from denoisebench.plugin import Evidence, ImageMethod, hookimpl


@dataclass(frozen=True, kw_only=True)
class Config:
    """most: steps on each image."""

    most: int = 60


class Sound(ImageMethod[Config]):
    name = "sound"
    summary = "a 3x3 filter fitted to the image and its neighbours"
    config_type = Config
    check_configs = (Config(most=5),)

    def declines(self, config, task):
        simple = task.channels == 1 and task.noise.family.name == "gaussian"
        return None if simple else "it is for gray images with Gaussian noise"

    def most_steps(self, config):
        return config.most

    def network(self, config, task):
        from torch import nn

        return nn.Conv2d(task.channels, task.channels, 5, padding=2, padding_mode="replicate")

    def denoise(self, model, noisy, level, fit):
        import torch

        adam = torch.optim.Adam(model.network.parameters(), 0.06)
        target = (noisy.roll(1, 2) + noisy.roll(1, 3)) / 2
        for _ in fit.steps(model.config.most):
            adam.zero_grad()
            (fit.fast(model.network)(noisy) - target).square().mean().backward()
            adam.step()
        return model.network(noisy)


@hookimpl
def register_methods():
    return [Sound()]
'''

STEPS = "        for _ in fit.steps(model.config.most):\n"
RETURNED = "        return model.network(noisy)\n"

BROKEN = {
    "answers": [
        (
            "    def most_steps(",
            "    def evidence(self, config):\n        return Evidence.NOISY\n\n    def most_steps(",
        )
    ],
    "init-seeded": [
        (
            "        return nn.Conv2d(",
            "        import random\n        self.odd = random.random()\n"
            "        made = nn.Conv2d(1, 1, 5, padding=2)\n"
            "        made.register_buffer('odd', __import__('torch').tensor(self.odd))\n"
            "        return made\n        return nn.Conv2d(",
        )
    ],
    "shape": [(RETURNED, RETURNED.rstrip() + "[..., 1:]\n")],
    "deterministic": [
        (RETURNED, "        import random\n" + RETURNED.rstrip() + " * random.random()\n")
    ],
    "alone": [
        (
            RETURNED,
            "        last, self.last = getattr(self, 'last', noisy.mean()), noisy.mean()\n"
            + RETURNED.rstrip()
            + " + last\n",
        )
    ],
    "steps": [(STEPS, "        for _ in range(model.config.most):\n")],
    "interruptible": [
        (
            STEPS,
            "        steps = fit.steps(model.config.most)\n"
            "        while True:\n"
            "            try:\n"
            "                next(steps)\n"
            "            except StopIteration:\n"
            "                break\n"
            "            except KeyboardInterrupt:\n"
            "                steps = fit.steps(3)\n"
            "                fit.tell = lambda *_: None\n"
            "                continue\n",
        )
    ],
    "denoises": [(RETURNED, "        return noisy\n")],
}


def test_a_sound_plugin_fails_nothing(tmp_path: Path) -> None:
    assert not failures(broken(tmp_path, [], SOUND), slow=True)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_fails_its_check_and_no_other(name: str, tmp_path: Path) -> None:
    found = failures(broken(tmp_path, BROKEN[name], SOUND), slow=name == "denoises")
    assert list(found) == [name], found
    assert "plugin.py:" in found[name]


def test_more_steps_than_it_says_are_found(tmp_path: Path) -> None:
    changes = [(STEPS, "        for _ in fit.steps(9):\n")]
    found = failures(broken(tmp_path, changes, SOUND))
    assert list(found) == ["steps"]
    assert "9 steps were counted, and most_steps says 5" in found["steps"]


def test_it_is_not_asked_for_a_loss_or_tiles(tmp_path: Path) -> None:
    known = {check.id for check in checks(plugin(broken(tmp_path, [], SOUND)))}
    assert {"steps", "interruptible"} <= known
    assert not {"loss-shape", "learns", "resume", "equivariance", "passes"} & known
