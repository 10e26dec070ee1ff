"""Noise2Noise (Lehtinen et al., ICML 2018, arXiv 1803.04189): learn to predict one noisy copy of
an image from another; what a loss finds of the target, its mean, median or mode, is clean where the
noise leaves just that as it was.

Departures from the paper: Adam's rate and schedule are the suite's; patches are flipped and
rotated. The two copies of a training image are drawn once (`--draws fresh` draws them anew). The
network adds to its input where the noise has mean zero (see `denoisebench.nn.regression`). The
annealed L0 stops at γ = ½.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from denoisebench.nn import RegressionConfig, RegressionMethod
from denoisebench.plugin import Evidence, Method, Recipe, hookimpl, read_recipes


class Noise2Noise(RegressionMethod[RegressionConfig]):
    name = "noise2noise"
    summary = "one noisy copy predicted from another (Lehtinen et al., ICML 2018)"
    paper_code = "https://github.com/NVlabs/noise2noise (CC BY-NC 4.0)"
    config_type = RegressionConfig

    def evidence(self, config: RegressionConfig) -> Evidence:
        return Evidence.NOISY_PAIRS


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2Noise()]


@hookimpl
def register_recipes() -> Iterable[Recipe]:
    return read_recipes(Path(__file__).with_name("recipes.toml"))
