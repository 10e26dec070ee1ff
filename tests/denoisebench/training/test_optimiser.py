"""The optimiser of a training: what a method asks for, and that it is built in one place."""

import re
from pathlib import Path

import torch

import denoisebench
from blindspot import BlindSpot
from denoisebench.plugin.method import TrainingStep
from denoisebench.training.optimiser import Optimiser
from noise2noise import Noise2Noise


def test_it_has_what_a_method_asks_for() -> None:
    assert Optimiser.of(Noise2Noise()) == Optimiser(1e-3, "cosine", 0.99, 0.01) == Optimiser()
    assert Optimiser.of(BlindSpot()) == Optimiser(1e-3, "ramps", 0.99, 0.01)


def test_adam_has_the_rate_and_beta2_and_skips_steps() -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    adam = Optimiser(0.01, beta2=0.99).start([weight])
    (group,) = adam.param_groups
    assert (group["lr"], group["betas"], group["fused"]) == (0.01, (0.9, 0.99), True)
    weight.grad = torch.ones(2)
    adam.found_inf = torch.ones(())
    adam.step()
    assert weight.tolist() == [1.0, 1.0]


def test_steps_stay_near_the_rate_while_gradients_grow() -> None:
    """With β₂ = 0.999 the last step is 5.4 times the rate, and small weights may be lost."""
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    adam = Optimiser(1e-3).start([weight])
    for step in range(1000):
        before = weight.item()
        weight.grad = torch.full_like(weight, 1.05**step)
        adam.step()
        assert abs(weight.item() - before) < 2.5e-3


def test_rate_and_average_follow_the_stage() -> None:
    optimiser = Optimiser(0.5, average_share=0.0)
    assert optimiser.rate_at(TrainingStep(20, 1000, 4)) == 0.5
    assert optimiser.average_weight_at(TrainingStep(20, 1000, 4)) == 1.0


def test_no_other_module_of_the_core_builds_an_optimiser() -> None:
    core = Path(denoisebench.__file__).parent
    built = re.compile(r"^(?!    \.\.\.|    >>>).*torch\.optim\.", re.MULTILINE)  # no example
    builders = [p.name for p in core.rglob("*.py") if built.search(p.read_text("utf-8"))]
    assert set(builders) == {"optimiser.py"}
