"""The optimiser of a training, the course of its rate, and the average of the weights."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from denoisebench.plugin.method import Schedule, TrainedMethod, TrainingStep
from denoisebench.training.schedule import ema_decay_at, learning_rate_at


@dataclass(frozen=True, slots=True)
class Optimiser:
    """Adam with a schedule; the resulting weights are an average.  See `TrainedMethod`."""

    learning_rate: float = TrainedMethod.learning_rate
    schedule: Schedule = TrainedMethod.schedule
    beta2: float = TrainedMethod.beta2
    average_share: float = TrainedMethod.average_share

    @classmethod
    def of(cls, method: TrainedMethod[Any]) -> "Optimiser":
        """The optimiser that a method asks for."""
        return cls(method.learning_rate, method.schedule, method.beta2, method.average_share)

    def start(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Adam:
        """Adam with no moments yet.  The fused kernel skips a step where `found_inf` is 1."""
        return torch.optim.Adam(parameters, self.learning_rate, (0.9, self.beta2), fused=True)

    def rate_at(self, at: TrainingStep) -> float:
        """The learning rate of a step."""
        return learning_rate_at(at.step, at.steps, self.learning_rate, self.schedule)

    def average_weight_at(self, at: TrainingStep) -> float:
        """The weight of a step's new weights in their average."""
        return 1.0 - ema_decay_at(at.step, at.steps, self.average_share)
