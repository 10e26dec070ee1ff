"""Supervised training on clean images: what every self-supervised method is measured against.

The "SL" column of Noise2Score's Table 2, on the suite's U-Net and engine.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from denoisebench.nn import RegressionConfig, RegressionMethod
from denoisebench.plugin import Evidence, Method, Recipe, hookimpl, read_recipes


class Supervised(RegressionMethod[RegressionConfig]):
    name = "supervised"
    summary = "the clean image predicted from a noisy one: the reference with clean images"
    config_type = RegressionConfig

    def evidence(self, config: RegressionConfig) -> Evidence:
        return Evidence.CLEAN


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Supervised()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
