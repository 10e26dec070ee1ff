"""What docs/ablations.md compares of the training recipe: other rates, schedules and input scales.

bench run --plugin examples/studies/bench_recipes.py --method noise2score-1e-3 --steps 500
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import Method, Schedule, Task, TrainedMethod, hookimpl
from noise2score import Noise2Score
from supervised import Supervised

if TYPE_CHECKING:
    from torch import nn


def _at(method: TrainedMethod[Any], rate: str, schedule: Schedule = "cosine") -> Method[Any]:
    """The method at another peak rate and schedule."""
    method.name = f"{method.name}-{rate}" + ("" if schedule == "cosine" else f"-{schedule}")
    method.summary = f"{method.summary}, at a peak rate of {rate}, schedule {schedule}"
    method.learning_rate, method.schedule = float(rate), schedule
    return method


def _input_times(factor: float, network: "nn.Module") -> "nn.Module":
    """The network, its input multiplied by `factor`."""
    network.register_forward_pre_hook(lambda _, inputs: tuple(x * factor for x in inputs))
    return network


class WideNoise2Score(Noise2Score):
    name = "noise2score-input-2.5"
    summary = "Noise2Score whose network sees its input times 2.5"

    def network(self, config: Any, task: Task) -> "nn.Module":
        return _input_times(2.5, super().network(config, task))


class WideSupervised(Supervised):
    name = "supervised-input-2.5"
    summary = "supervised training whose network sees its input times 2.5"

    def network(self, config: Any, task: Task) -> "nn.Module":
        return _input_times(2.5, super().network(config, task))


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    made: list[Method[Any]] = [WideNoise2Score(), WideSupervised()]
    for kind in (Noise2Score, Supervised):
        made += [_at(kind(), rate) for rate in ("5e-4", "1e-3", "4e-3")]
        made.append(_at(kind(), "2e-3", "ramps"))
    return made
