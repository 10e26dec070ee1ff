"""Training recipes that docs/ablations.md compares: other rates, schedules, input scales, initial
weights, and Adam's β₂.

bench run --plugin examples/studies/bench_recipes.py --method noise2score-1e-3 --steps 500
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import Method, Schedule, Task, TrainedMethod, hookimpl
from noise2score import Noise2Score
from supervised import Supervised

if TYPE_CHECKING:
    from torch import nn


def _at(method: TrainedMethod[Any], rate: str, schedule: Schedule = "cosine") -> TrainedMethod[Any]:
    """The method at another peak rate and schedule."""
    method.name = f"{method.name}-{rate}" + ("" if schedule == "cosine" else f"-{schedule}")
    method.summary = f"{method.summary}, at a peak rate of {rate}, schedule {schedule}"
    method.learning_rate, method.schedule = float(rate), schedule
    return method


def _input_times(factor: float, network: "nn.Module") -> "nn.Module":
    """The network, its input multiplied by `factor`."""
    network.register_forward_pre_hook(lambda _, inputs: tuple(x * factor for x in inputs))
    return network


def _start_anew(network: "nn.Module", head: float) -> "nn.Module":
    """The network, its weights from N(0, 2/fan-in), those of its head from N(0, head²/fan-in)."""
    from torch import nn

    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    for convolution in convolutions:
        gain = head if convolution is convolutions[-1] else math.sqrt(2.0)
        fan_in = convolution.weight[0].numel()
        nn.init.normal_(convolution.weight, std=gain / math.sqrt(fan_in))
    return network


class FanInNoise2Score(Noise2Score):
    name = "noise2score-fan-in"
    summary = "Noise2Score whose weights start from N(0, 2/fan-in)"

    def network(self, config: Any, task: Task) -> "nn.Module":
        return _start_anew(super().network(config, task), 1.0)


class SmallHeadNoise2Score(Noise2Score):
    name = "noise2score-small-head"
    summary = (
        "Noise2Score whose weights start from N(0, 2/fan-in), those of its head ten times smaller"
    )

    def network(self, config: Any, task: Task) -> "nn.Module":
        return _start_anew(super().network(config, task), 0.1)


def _long_memory(method: TrainedMethod[Any]) -> TrainedMethod[Any]:
    """The method with β₂ = 0.999."""
    method.name, method.beta2 = f"{method.name}-beta2-0.999", 0.999
    method.summary = f"{method.summary}, with β₂ = 0.999"
    return method


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
    made.append(_long_memory(Noise2Score()))
    for start in (Noise2Score, FanInNoise2Score, SmallHeadNoise2Score):
        made.append(_long_memory(_at(start(), "2e-3")))
    for kind in (Noise2Score, Supervised):
        made += [_at(kind(), rate) for rate in ("1e-4", "3e-4", "5e-4", "2e-3", "4e-3")]
        made.append(_at(kind(), "2e-3", "ramps"))
    return made
