"""Defaults: the work that is done if nothing else is asked for."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import msgspec


@dataclass(frozen=True, slots=True)
class Defaults:
    """Specs of noises, image sets, methods and the budget.  See `defaults.toml`."""

    noise: str
    noises_of_a_sweep: str
    datasets: str
    budget: str
    train_sets: tuple[str, ...]
    methods: tuple[str, ...]
    ranked_methods: tuple[str, ...]
    denoiser: str
    denoiser_without_weights: str


DEFAULTS = msgspec.convert(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")), Defaults
)
