"""One cell computed twice: other threads, another order, another batch, the same figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import make_images
from protocols import get_protocol

from denoisebench.budgets import get_budget
from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.denoising.self_ensemble import Denoise
from denoisebench.execution.evaluation import evaluate
from denoisebench.images.image_set import ImageSet
from denoisebench.nn.devices import pick_precision
from denoisebench.planning.plan import CellPlan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Denoised
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.journal import Unfinished
from denoisebench.results.records import ImageScore
from denoisebench.results.saved_images import Saver

AGREES_WITHIN_DB = 0.002
NETWORKS = ["noise2score", "blindspot"]  # with the weights that come with them


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def eight_images(tmp_path: Path) -> str:
    make_images(tmp_path / "test", 8, side=32, seed=3)
    return f"folder:{tmp_path / 'test'}"


def planned(method: str, images: str, registries: Registries) -> CellPlan:
    request = Request(
        methods=(method,),
        noises=("gaussian:25",),
        parameters=("unknown" if method == "noise2score" else "known",),
        datasets=(images,),
        train_sets=("cbsd399",),
        draws="fixed",
        budget=get_budget("quick"),
        weights="auto",
        seeds=(0,),
    )
    (cell,) = make_plan(request, registries).cells
    return cell


def denoiser(cell: CellPlan) -> Denoise:
    if cell.given is None:
        return load_denoiser(cell.method, cell.config, cell.task, None, "cpu", "fp32")
    return load_denoiser(
        cell.method, cell.config, cell.task, cell.given.path, "cpu", pick_precision("cpu")
    )


def scores(cell: CellPlan, *, threads: int, backwards: bool) -> dict[str, ImageScore]:
    """By image, computed with so many threads, from the first image to the last or back."""
    loaded = [file.read() for file in cell.image_set.images]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        done = evaluate(
            cell,
            loaded[::-1] if backwards else loaded,
            denoiser(cell),
            device="cpu",
            saver=Saver(cell, Path("unused")),
            journal=Unfinished(Path("unused"), cell.id, keep=False),
            progress=lambda _: None,
        )
    finally:
        torch.set_num_threads(before)
    return {score.image: score for score in done}


@pytest.mark.parametrize(
    ("method", "protocol"),
    [("tv", "float"), ("nlm", "kair"), *((network, "float") for network in NETWORKS)],
)
def test_threads_and_order_change_no_noisy_image_and_no_figure(
    method: str, protocol: str, eight_images: str, registries: Registries
) -> None:
    cell = planned(method, eight_images, registries)
    rules = get_protocol(protocol)
    files = cell.image_set.images[:2]
    few = ImageSet(cell.image_set.spec, cell.image_set.channels, files)
    cell = replace(cell, protocol=rules, image_set=few)
    first = scores(cell, threads=1, backwards=False)
    second = scores(cell, threads=2, backwards=True)
    assert list(second) == list(first)[::-1]
    for image, score in first.items():
        assert second[image].noisy_sha256 == score.noisy_sha256
        tolerance_db = 0.0 if cell.given is None else AGREES_WITHIN_DB
        assert abs(second[image].psnr_db - score.psnr_db) <= tolerance_db


@pytest.mark.parametrize("method", NETWORKS)
def test_a_network_gives_an_image_alone_what_it_gives_it_among_eight(
    method: str, eight_images: str, registries: Registries
) -> None:
    cell = planned(method, eight_images, registries)
    assert cell.given is not None
    images = [file.load() for file in cell.image_set.images]
    noisy = torch.from_numpy(np.stack([cell.noise.noisy(x, seed=0)[0] for x in images]))
    denoise = denoiser(cell)

    def pixels(batch: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            made = denoise(batch, 25.0)
        return made.image if isinstance(made, Denoised) else made

    together = pixels(noisy)
    for number, clean in enumerate(images):
        alone = pixels(noisy[number : number + 1])[0].numpy()
        figures = [cell.protocol.score(x, clean).psnr_db for x in (alone, together[number].numpy())]
        assert abs(figures[0] - figures[1]) <= AGREES_WITHIN_DB
