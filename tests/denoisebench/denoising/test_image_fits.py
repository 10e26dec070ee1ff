"""A method that learns on each image: its seeds, its steps, its gradients."""

from typing import Any

import pytest
import torch
from torch import Tensor

from denoisebench.denoising.denoiser import Denoiser, denoise_checked
from denoisebench.denoising.image_fits import ImageFits
from denoisebench.denoising.large_images import WithinMemory
from denoisebench.denoising.self_ensemble import self_ensembled
from denoisebench.errors import PluginError, WrongAnswerError
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.answers import evidence_of
from denoisebench.plugin import (
    GRAY,
    Denoised,
    Evidence,
    ImageFit,
    ImageMethod,
    Model,
    NoSettings,
    Output,
    Task,
    Tiling,
    UntrainedMethod,
)
from denoisebench.progress import Progress

TASK = Task(Noise(Gaussian(), 25.0, 25.0), "known", GRAY)
STEPS = 3


class Fitted(ImageMethod[NoSettings]):
    """Three steps of a 3×3 filter towards the shifted image, with random numbers."""

    name, summary = "fitted", "a filter fitted to the image"
    dropout = 0.0

    def most_steps(self, config: NoSettings) -> int:
        return STEPS

    def network(self, config: NoSettings, task: Task) -> torch.nn.Module:
        layers = [torch.nn.Conv2d(1, 1, 3, padding=1), torch.nn.Dropout(self.dropout)]
        return torch.nn.Sequential(*layers)

    def denoise(
        self, model: Model[NoSettings], noisy: Tensor, level: float | None, fit: ImageFit
    ) -> Tensor | Denoised:
        adam = torch.optim.Adam(model.network.parameters(), 0.01)
        for _ in fit.steps(STEPS):
            adam.zero_grad()
            shown = noisy + 0.1 * torch.randn(noisy.shape, generator=fit.rng)
            (fit.fast(model.network)(shown) - noisy.roll(1, 3)).square().mean().backward()
            adam.step()
        made: Tensor = model.network(noisy)
        return Denoised(made, outputs={"twice": Output(2.0 * made)})


class Tiled(Fitted):
    def tiling(self, config: NoSettings, task: Task) -> Tiling:
        return Tiling(multiple=1, halo=2, bytes_per_pixel=1)


def image(seed: int = 0, height: int = 12, width: int = 10) -> Tensor:
    return torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed))


def denoiser(method: ImageMethod[Any] | None = None, **fits: Any) -> Denoiser:
    return Denoiser(method or Fitted(), NoSettings(), TASK, None, ImageFits(**fits))


def made(noisy: Tensor, method: ImageMethod[Any] | None = None, **fits: Any) -> Denoised:
    found = denoiser(method, **fits)(noisy, 25.0)
    assert isinstance(found, Denoised)
    return found


def test_an_image_has_one_estimate_whatever_was_denoised_before_it() -> None:
    one = denoiser()
    first = one(image(), 25.0)
    one(image(1), 25.0)
    torch.manual_seed(5)
    again = one(image(), None)  # the level changes no seed
    assert isinstance(first, Denoised)
    assert isinstance(again, Denoised)
    assert torch.equal(first.image, again.image)


def test_another_seed_of_the_run_begins_elsewhere() -> None:
    assert not torch.equal(made(image(), seed=0).image, made(image(), seed=1).image)


def test_dropout_is_seeded_too() -> None:
    method = Fitted()
    method.dropout = 0.5
    torch.manual_seed(1)
    first = made(image(), method).image
    torch.manual_seed(2)
    assert torch.equal(first, made(image(), method).image)


def test_the_global_generator_is_left_as_it_was() -> None:
    before = torch.get_rng_state()
    made(image())
    assert torch.equal(before, torch.get_rng_state())


def test_steps_are_counted_and_told() -> None:
    told: list[Progress] = []
    found = made(image(), progress=told.append)
    assert found.steps == STEPS
    assert [str(at) for at in told] == ["step 1/3", "step 2/3", "step 3/3"]


def test_a_method_that_stops_early_has_the_steps_that_it_took() -> None:
    fit = ImageFit(torch.Generator())
    for step in fit.steps(100):
        if step == 4:
            break
    assert fit.taken == 5


def test_it_learns_where_the_suite_asks_for_no_gradients() -> None:
    noisy = image()[0].numpy()
    found = denoise_checked("fitted", denoiser(), noisy, 25.0, "cpu")
    assert found.steps == STEPS
    assert found.outputs["twice"].pixels == pytest.approx(2.0 * found.image)


def test_what_it_returns_has_no_gradient() -> None:
    found = made(image())
    assert not found.image.requires_grad
    assert not found.outputs["twice"].image.requires_grad


def test_a_self_ensemble_adds_the_steps_up() -> None:
    found = self_ensembled(denoiser())(image(), 25.0)
    assert isinstance(found, Denoised)
    assert found.steps == 8 * STEPS


def test_tiles_are_learned_on_one_by_one() -> None:
    noisy = image(height=20, width=20)
    whole = WithinMemory(denoiser(Tiled()), 400, lambda _: None)(noisy, 25.0)
    tiles = WithinMemory(denoiser(Tiled()), 200, lambda _: None)(noisy, 25.0)
    assert isinstance(whole, Denoised)
    assert isinstance(tiles, Denoised)
    assert whole.steps == STEPS
    assert tiles.steps == 4 * STEPS
    assert not torch.allclose(whole.image, tiles.image)


def test_the_fast_network_rounds_and_returns_float32() -> None:
    seen = []

    class Noting(Fitted):
        def denoise(
            self, model: Model[NoSettings], noisy: Tensor, level: float | None, fit: ImageFit
        ) -> Tensor | Denoised:
            seen.append((fit.fast(model.network)(noisy), model.network(noisy)))
            return super().denoise(model, noisy, level, fit)

    made(image(), Noting(), precision="bf16")
    made(image(), Noting(), precision="fp32")
    (fast, exact), (same, too) = seen
    assert fast.dtype == torch.float32
    assert 0.0 < float((fast - exact).detach().abs().max()) < 0.02
    assert torch.equal(same, too)


def test_an_estimate_of_another_size_is_refused() -> None:
    class Wrong(Fitted):
        def denoise(
            self, model: Model[NoSettings], noisy: Tensor, level: float | None, fit: ImageFit
        ) -> Tensor | Denoised:
            return noisy[..., 1:]

    with pytest.raises(WrongAnswerError, match=r"\(1, 1, 12, 9\) of an image of \(1, 1, 12, 10\)"):
        made(image(), Wrong())


def test_the_evidence_of_the_image_is_for_these_methods_alone() -> None:
    class Other(UntrainedMethod[NoSettings]):
        name, summary = "other", "a filter"

        def evidence(self, config: NoSettings) -> Evidence:
            return Evidence.IMAGE

        def denoise(self, config: Any, task: Task, noisy: Tensor, level: float | None) -> Tensor:
            return noisy

    class Cleaned(Fitted):
        def evidence(self, config: NoSettings) -> Evidence:
            return Evidence.CLEAN

    for method in (Other(), Cleaned()):
        with pytest.raises(PluginError, match="evidence returned"):
            evidence_of(method, NoSettings())
    assert evidence_of(Fitted(), NoSettings()) is Evidence.IMAGE
