"""Runs that show noisy images and clean images of other scenes: which were seen, by content."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from a_result import results_of
from here import here
from watched import CLEAN, TEST, TRAIN, flat_images, request, watched

from denoisebench.budgets import get_budget
from denoisebench.execution.runner import Runner
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.image_source import PackChoice
from denoisebench.registry.registries import Registries
from denoisebench.results.records import CellResult
from denoisebench.training.weights_file import read_header
from denoisebench_datasets.packs.source import PackSource


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Registries:
    return watched(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.chdir(tmp_path)
    return request(tmp_path)


def run(asked: Request, registries: Registries, out: Path) -> tuple[CellResult, set[int], set[int]]:
    """The result, and the levels of the images seen noisy and seen clean."""
    seen = registries.method("watched")[0].seen  # type: ignore[attr-defined]
    seen.clear()
    plan = make_plan(asked, registries)
    (result,) = Runner(plan, here(out)).run()
    assert result.error is None
    noisy, clean = (
        {round(value) for b in seen for value in (getattr(b, name) * 255).flatten().tolist()}
        for name in ("noisy", "clean")
    )
    for b in seen:  # clean ones are clean: whole levels
        assert torch.equal(b.clean, (b.clean * 255).round() / 255)
        assert not torch.equal(b.noisy, (b.noisy * 255).round() / 255)
    return result, noisy, clean


@pytest.mark.parametrize("draws", ["fixed", "fresh"])
def test_by_default_half_of_the_training_set_is_noisy_and_the_other_half_clean(
    asked, registries, tmp_path, draws
):
    result, noisy, clean = run(replace(asked, draws=draws), registries, tmp_path / "out")
    assert noisy | clean == set(TRAIN)
    assert not noisy & clean
    assert (len(noisy), len(clean)) == (5, 4)
    assert (result.evidence, result.train_set) == ("unpaired", "folder:train (half clean)")
    header = read_header(next((tmp_path / "out").glob("trainings/*/weights.safetensors")))
    assert header.recipe.clean_set == "half"
    assert sorted(header.images.values()) == sorted(f"{level}.png" for level in TRAIN)


def test_with_a_clean_set_the_whole_training_set_is_noisy(asked, registries, tmp_path):
    given = replace(asked, clean_set="folder:clean")
    result, noisy, clean = run(given, registries, tmp_path / "out")
    assert (noisy, clean) == (set(TRAIN), set(CLEAN))
    assert result.train_set == "folder:train + folder:clean (clean)"
    recipe = json.loads(next((tmp_path / "out").glob("trainings/*/recipe.json")).read_text())
    assert recipe["clean_set"] == "folder:clean"
    assert recipe["clean_digest"] == registries.image_set("folder:clean").digest
    header = read_header(next((tmp_path / "out").glob("trainings/*/weights.safetensors")))
    assert sorted(header.images.values()) == sorted(f"{v}.png" for v in (*TRAIN, *CLEAN))
    legend = registries.report("table").render(results_of([result]))
    (line,) = [line for line in legend.splitlines() if line.startswith("watched ")]
    assert "unpaired" in line
    assert "folder:train + folder:clean (clean)" in line


def test_the_scored_noisy_images_are_trained_on_beside_a_clean_set(asked, registries, tmp_path):
    given = replace(asked, train_sets=("test",), clean_set="folder:clean")
    result, noisy, clean = run(given, registries, tmp_path / "out")
    assert (noisy, clean) == (set(TEST), set(CLEAN))
    assert result.train_set == "test (transductive) + folder:clean (clean)"


def test_given_noisy_images_are_trained_on_beside_a_clean_set(asked, registries, tmp_path):
    (tmp_path / "noisy").mkdir()
    for level in TRAIN:
        stored = np.full((32, 32), (level + 0.3) / 255, np.float32)
        np.save(tmp_path / "noisy" / f"{level}.npy", stored)
    pairs = replace(asked, train_sets=("pairs:noisy:train",), clean_set="folder:clean")
    _, noisy, clean = run(pairs, registries, tmp_path / "out")
    assert (noisy, clean) == (set(TRAIN), set(CLEAN))
    plan = make_plan(replace(pairs, clean_set=None), registries)
    assert "half of the images of its second folder are taken as clean" in "\n".join(plan.notes)
    _, noisy, clean = run(replace(pairs, clean_set=None), registries, tmp_path / "out")
    assert noisy | clean == set(TRAIN)
    assert not noisy & clean


@pytest.mark.parametrize("clean_set", [None, "pack:clean.pack"])
def test_a_pack_is_streamed_on_both_sides(asked, registries, tmp_path, clean_set):
    for name in ("train", "clean"):
        pack = tmp_path / f"{name}.pack"
        PackSource().pack(tmp_path / name, pack, PackChoice(1), lambda _: None)
    packed = replace(asked, train_sets=("pack:train.pack",), clean_set=clean_set)
    _, noisy, clean = run(packed, registries, tmp_path / "out")
    assert not noisy & clean
    assert noisy | clean == (set(TRAIN) if clean_set is None else {*TRAIN, *CLEAN})


def test_held_out_batches_have_both_sides_too(asked, registries, tmp_path):
    flat_images(tmp_path / "many", *range(20, 124))
    many = replace(asked, train_sets=("folder:many",), budget=get_budget("smoke", steps=1))
    run(many, registries, tmp_path / "out")
    trained, watched = registries.method("watched")[0].seen
    levels = [
        {round(v * 255) for v in patches.flatten().tolist()}
        for patches in (trained.noisy, trained.clean, watched.noisy, watched.clean)
    ]
    assert [len(held) for held in levels[2:]] == [1, 1]
    assert sum(map(len, levels)) == len(set.union(*levels))
