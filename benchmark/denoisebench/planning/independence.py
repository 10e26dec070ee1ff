"""Which methods expect noise that is independent from pixel to pixel."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from denoisebench.errors import PluginError
from denoisebench.images.channels import GRAY
from denoisebench.noise.family import Noise
from denoisebench.noise.level_knowledge import TrainingKnowledge
from denoisebench.noise_models.correlated import Correlated
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.answers import reason_to_decline
from denoisebench.plugin.method import Method, Task

KNOWLEDGE: tuple[TrainingKnowledge, ...] = ("known", "unknown")


def expects_independent(method: Method[Any], config: Any) -> bool:
    """Whether it takes Gaussian noise but declines the same noise, correlated between pixels,
    whether its level is known or not.

    Raises PluginError if its code fails.
    """
    white, alike = (Noise(family, *family.blind) for family in (Gaussian(), Correlated()))
    return _takes(method, config, white) and not _takes(method, config, alike)


def _takes(method: Method[Any], config: Any, noise: Noise) -> bool:
    tasks = (Task(noise, knowledge, GRAY) for knowledge in KNOWLEDGE)
    return any(reason_to_decline(method, config, task) is None for task in tasks)


def all_that_expect_independent(methods: Mapping[str, Method[Any]]) -> Iterator[str]:
    """The names of the methods that do so under their default settings."""
    for name, method in methods.items():
        with suppress(PluginError):
            if expects_independent(method, method.config_type()):
                yield name


def note_of_real_noise(specs: Iterable[str], image_set: str) -> str:
    """A note on a set of real noise, for the methods that expect independent noise."""
    named = list(specs)
    expect = "expects" if len(named) == 1 else "expect"
    return (
        f"{', '.join(named)} {expect} noise that is independent from pixel to pixel;"
        f" `bench estimate {image_set}` measures whether this is"
    )
