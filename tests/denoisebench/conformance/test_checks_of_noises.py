"""Each check of noise families fails for a family that breaks its rule, and no other one does."""

from pathlib import Path

import pytest
from broken import broken, failures, plugin

from denoisebench.conformance import checks

SOUND = """
import numpy as np

from denoisebench.plugin import NoiseFamily, hookimpl

WIDTH = 12**0.5 / 255.0


class Even(NoiseFamily):
    name = "even"
    summary = "y = x + U, of standard deviation σ/255"
    symbol, unit = "σ", "standard deviation, 0-255 units"
    lowest, highest, blind = 0.01, 1000.0, (5.0, 55.0)

    def sample(self, clean, level, stream):
        noise = stream.uniform(clean.size).reshape(clean.shape) - 0.5
        return (clean + noise * (level * WIDTH)).astype(np.float32)

    def resample(self, clean, level, rng):
        import torch

        noise = torch.rand(clean.shape, generator=rng, device=rng.device) - 0.5
        return clean + noise * (level * WIDTH)

    def variance(self, x, level):
        return (level / 255.0).square()

    def estimate(self, noisy):
        steps = noisy[:, :, 2:] - 2.0 * noisy[:, :, 1:-1] + noisy[:, :, :-2]
        return 255.0 * float(np.sqrt((steps**2).mean() / 6.0))


@hookimpl
def register_noise_models():
    return [Even()]
"""
SAMPLED = "        return (clean + noise * (level * WIDTH)).astype(np.float32)\n"
SIXTH = ".mean() / 6.0"

BROKEN: dict[str, list[tuple[str, str]]] = {
    "names": [('name = "even"', 'name = "Even"')],
    "signature": [("def variance(self, x, level)", "def variance(self, x)")],
    "pickles": [
        ("    def sample(", "    def __reduce__(self):\n        return 1\n\n    def sample(")
    ],
    "noise-image": [(".astype(np.float32)", ".astype(np.float64)")],
    "noise-seeded": [
        (
            "stream.uniform(clean.size).reshape(clean.shape)",
            "np.random.random(clean.shape)",
        )
    ],
    "noise-preserves": [
        ("    lowest, highest, blind", '    preserves = "pixels"\n    lowest, highest, blind')
    ],
    "noise-level": [
        (SAMPLED, "        level = min(level, 12.0)\n" + SAMPLED),
        (SIXTH, ".mean() / 6.0) * (16.6 / 12.0"),
    ],
    "noise-unclipped": [(".astype(np.float32)\n", ".clip(0.0, 1.0).astype(np.float32)\n")],
    "noise-resample": [("generator=rng, device=rng.device) - 0.5", "generator=rng) - 0.4")],
    "noise-variance": [("(level / 255.0).square()", "level.square()")],
    "noise-estimate": [(SIXTH, ".mean() / 2.0")],
    "noise-spec": [
        (
            "    def resample(",
            "    def settings(self):\n        return 'odd'\n\n    def resample(",
        )
    ],
}


def test_a_sound_family_fails_nothing(tmp_path: Path) -> None:
    assert not failures(broken(tmp_path, [], SOUND))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_family_fails_its_check_and_no_other(name: str, tmp_path: Path) -> None:
    found = failures(broken(tmp_path, BROKEN[name], SOUND))
    assert list(found) == [name], found
    assert "plugin.py:" in found[name] or name == "noise-spec"


def test_each_check_of_noises_has_a_family_that_breaks_it(tmp_path: Path) -> None:
    known = {check.id for check in checks(plugin(broken(tmp_path, [], SOUND)))}
    assert known - BROKEN.keys() == {"import-light"}
