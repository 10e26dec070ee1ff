"""The kinds of plugins that can be begun."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """registered: the kind in words, as in `registry.loader.HOOKS`.  ending: of its class's
    name.  commands: that try it, with the place of its name."""

    registered: str
    ending: str
    commands: tuple[str, str]


_ON_SAMPLES = "--datasets samples-gray"

KINDS: Mapping[str, Kind] = {
    "method": Kind(
        "method",
        "Denoiser",
        (
            f"bench run --method {{name}} --budget smoke {_ON_SAMPLES}",
            f"bench compare --methods identity,noise2noise,{{name}} --budget smoke {_ON_SAMPLES}",
        ),
    ),
    "noise": Kind(
        "noise model",
        "Noise",
        (
            f"bench run --method tv --noise {{name}}:25 {_ON_SAMPLES}",
            f"bench compare --methods identity,tv --noise {{name}}:25,gaussian:25 {_ON_SAMPLES}",
        ),
    ),
    "images": Kind(
        "data set",
        "Images",
        (
            "bench run --method tv --datasets {name}",
            "bench compare --methods identity,tv --datasets {name}",
        ),
    ),
    "report": Kind(
        "report",
        "Report",
        (
            f"bench run --method tv {_ON_SAMPLES} --format {{name}}",
            f"bench compare --methods identity,tv {_ON_SAMPLES} --format {{name}}",
        ),
    ),
    "executor": Kind(
        "executor",
        "Executor",
        (
            f"bench run --method tv {_ON_SAMPLES} --workers {{name}}",
            f"bench compare --methods identity,tv {_ON_SAMPLES} --workers {{name}}:workers=2",
        ),
    ),
    "tracker": Kind(
        "tracker",
        "Tracker",
        (
            f"bench run --method tv {_ON_SAMPLES} --track {{name}}:log.txt",
            f"bench compare --methods identity,tv {_ON_SAMPLES} --track {{name}}:log.txt",
        ),
    ),
}

UNTRAINED, IMAGE = "nothing", "image"
"""The evidence of methods that are not trained: the second learns on each image."""


@dataclass(frozen=True, slots=True)
class Training:
    """The templates of a loss and of the noise that is declined."""

    loss: str
    declines: str


TRAININGS: Mapping[str, Training] = {
    "noisy": Training("loss_noisy", "declines_noisy"),
    "noisy-pairs": Training("loss_target", "declines_noisy-pairs"),
    "unpaired": Training("loss_unpaired", "declines_none"),
    "clean": Training("loss_target", "declines_none"),
}
"""By evidence."""
