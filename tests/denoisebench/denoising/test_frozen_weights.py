"""Bundled weights that a method which learns on each image uses unchanged."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from denoisebench.api import load_denoiser
from denoisebench.denoising.denoiser import Denoiser
from denoisebench.denoising.frozen import frozen_denoiser
from denoisebench.errors import PluginError, UserError
from denoisebench.execution.runner import weights_of
from denoisebench.planning.plan import CellPlan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.run_options import RunOptions
from denoisebench.plugin import (
    GRAY,
    ImageFit,
    ImageMethod,
    Model,
    NoSettings,
    Task,
)
from denoisebench.registry.loader import load

RECIPE = "noise2score/gray-gaussian25"


class Lent(ImageMethod[NoSettings]):
    """Gives what the frozen denoiser makes of the image."""

    name, summary = "lent", "a frozen denoiser"
    recipe: Any = RECIPE

    def frozen_weights(self, config: NoSettings, task: Task) -> str | None:
        return self.recipe  # type: ignore[no-any-return]

    def most_steps(self, config: NoSettings) -> int:
        return 1

    def network(self, config: NoSettings, task: Task) -> torch.nn.Module:
        return torch.nn.Identity()

    def denoise(
        self, model: Model[NoSettings], noisy: Tensor, level: float | None, fit: ImageFit
    ) -> Tensor:
        return fit.frozen(noisy, 25.0)


def image(side: int = 40) -> Tensor:
    return torch.rand(1, 1, side, side, generator=torch.Generator().manual_seed(0))


def made(recipe: object) -> object:
    method, noise = Lent(), load().noise("gaussian:25")
    method.recipe = recipe
    return Denoiser(method, NoSettings(), Task(noise, "known", GRAY), None)(image(), 25.0)


def cell(method: str) -> CellPlan:
    registries = load()
    request = RunOptions(datasets="samples-gray").request([method], registries.budgets)
    (planned,) = make_plan(request, registries).cells
    return planned


def test_the_frozen_denoiser_is_that_of_the_bundled_weights() -> None:
    whole = load_denoiser("noise2score", noise="gaussian:25")(image()[0], level=25.0)
    frozen = made(RECIPE)
    assert not isinstance(frozen, Tensor)
    assert torch.allclose(frozen.image[0], whole, atol=2e-3)  # the other may be in bfloat16


def test_gradients_reach_the_image_and_no_weight() -> None:
    y = image().requires_grad_()
    frozen_denoiser(RECIPE, "cpu")(y, 25.0).sum().backward()
    assert y.grad is not None
    assert float(y.grad.abs().max()) > 0.0


def test_weights_of_a_range_of_levels_take_the_level_that_is_given() -> None:
    denoise = frozen_denoiser("noise2score/gray-gaussian-blind", "cpu")
    weak, strong = denoise(image(), 5.0), denoise(image(), 50.0)
    assert float(weak.std()) > 1.5 * float(strong.std())


@pytest.mark.parametrize("recipe", ["noise2score/none", "noise2score/colour-gamma-blind"])
def test_a_recipe_without_weights_is_refused(recipe: str) -> None:
    with pytest.raises(UserError, match=recipe):
        made(recipe)


def test_what_is_no_name_of_a_recipe_is_the_plugins_fault() -> None:
    with pytest.raises(PluginError, match=r"frozen_weights returned 5.*the name of a recipe"):
        made(5)


def test_a_method_that_names_no_weights_has_no_denoiser() -> None:
    with pytest.raises(LookupError, match="frozen_weights"):
        made(None)


def test_a_cell_names_the_weights_and_its_id_holds_their_hash() -> None:
    planned = cell("noise2vst")
    assert planned.given is not None
    assert planned.labels["weights"] == "zoo:gray-gaussian25"
    assert planned.labels["evidence"] == "image"
    assert planned.training is None
    other = replace(planned, given=replace(planned.given, sha256="0" * 64))
    assert other.id != planned.id


def test_its_source_includes_the_method_of_the_weights() -> None:
    registries, planned = load(), cell("noise2vst")
    family = planned.noise.family
    assert planned.source != registries.source_hash("noise2vst", family)
    modules = registries.modules_of("noise2score")
    assert planned.source == registries.source_hash("noise2vst", family, modules)


def test_a_method_without_frozen_weights_has_none_in_its_cell() -> None:
    assert cell("zs-n2n").given is None


def test_the_runner_checks_its_images_against_those_of_the_weights() -> None:
    planned = cell("noise2vst")
    assert planned.given is not None
    assert weights_of(planned, Path("results")) == planned.given.path
    assert len(planned.given.header.images) > 300
