"""Sets that give their noisy images: planned, shown to training, scored, without drawing any."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import make_images

from denoisebench.budgets import get_budget
from denoisebench.denoising.denoiser import load_denoiser
from denoisebench.errors import UserError
from denoisebench.execution.evaluation import evaluate
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import ImageFile, ImageSet, LoadedImage
from denoisebench.images.pixels import pixel_hash
from denoisebench.noise.family import Noise
from denoisebench.noise.given import noisy_of
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.planning.plan import Plan
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.method import Evidence, Task
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.results.journal import Unfinished
from denoisebench.results.saved_images import Saver
from denoisebench.training.batches import batch_source
from denoisebench.training.splits import TrainingImages

CLEAN = np.full((1, 8, 9), 0.5, dtype=np.float32)
NOISY = np.random.default_rng(0).normal(0.5, 1.0, (1, 8, 9)).astype(np.float32)
GIVEN = LoadedImage("a", CLEAN, NOISY)
LEVEL, RANGE = Noise(Gaussian(), 25.0, 25.0), Noise(Gaussian(), 5.0, 50.0)


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    """Two gray sets of pairs, `pairs:noisy:clean` and `pairs:noisy2:clean2`."""
    monkeypatch.chdir(tmp_path)
    for folder, seed in (("clean", 1), ("clean2", 2)):
        make_images(tmp_path / folder, 2, seed=seed)
        noisy = tmp_path / folder.replace("clean", "noisy")
        noisy.mkdir()
        for n in range(2):
            np.save(noisy / f"{n}.npy", np.full((48, 48), 0.1 * seed, np.float32))
    return Request(
        methods=("noise2noise", "supervised"),
        noises=("gaussian:25",),
        parameters=("known",),
        datasets=("pairs:noisy:clean",),
        train_sets=("pairs:noisy2:clean2",),
        draws="fixed",
        budget=get_budget("smoke"),
        weights="none",
        seeds=(0,),
    )


def planned(plan: Plan) -> list[str]:
    return [cell.method.name for cell in plan.cells]


def test_a_given_noisy_image_is_taken_as_it_is_and_has_the_level_of_the_noise_told():
    noisy, level = noisy_of(GIVEN, LEVEL, seed=0)
    assert noisy is NOISY
    assert level == 25.0
    assert noisy_of(GIVEN, RANGE, seed=0) == (NOISY, None)
    drawn, _ = noisy_of(LoadedImage("a", CLEAN), LEVEL, seed=0)
    assert not np.array_equal(drawn, NOISY)


@pytest.mark.parametrize("evidence", [Evidence.NOISY, Evidence.CLEAN])
@pytest.mark.parametrize("noise", [LEVEL, RANGE])
def test_training_is_shown_the_given_noisy_image(evidence, noise):
    source = batch_source(
        TrainingImages([GIVEN]),
        evidence,
        "fixed",
        Task(noise, "unknown" if noise.is_range else "known", 1),
        crop_px=8,
        seed=0,
        device=torch.device("cpu"),
    )
    batch = source.sample(0, 64, torch.Generator().manual_seed(0))
    assert set(batch.noisy.unique().tolist()) == set(NOISY.ravel().tolist())
    if evidence is Evidence.CLEAN:
        assert batch.target is not None
        assert batch.target.unique().tolist() == [0.5]
    else:
        assert batch.target is None
    if noise.is_range:
        assert batch.level is None
    else:
        assert batch.level is not None
        assert batch.level.unique().tolist() == [25.0]


def test_scoring_uses_and_names_the_given_noisy_image(registries, asked):
    plan = make_plan(replace(asked, methods=("identity",)), registries)
    (cell,) = plan.cells
    images = [image.read() for image in cell.image_set.images]
    scores = evaluate(
        cell,
        images,
        load_denoiser(cell.method, cell.config, cell.task, None, "cpu", "fp32"),
        device="cpu",
        saver=Saver(cell, Path("unused")),
        journal=Unfinished(Path("unused"), cell.id, keep=False),
        progress=lambda _: None,
    )
    for score, image in zip(scores, images, strict=True):
        assert image.noisy is not None
        assert image.noisy.max() == np.float32(0.1)
        assert score.noisy_sha256 == pixel_hash(image.noisy)
        assert score.level == 25.0
        expected = -10 * np.log10(np.mean((0.1 - image.clean.astype(np.float64)) ** 2))
        assert score.psnr_db == pytest.approx(expected, abs=1e-5)


def test_that_noise_is_given_is_noted(registries, asked):
    notes = make_plan(asked, registries).notes
    given = [note for note in notes if "used as given and taken for gaussian:25 noise" in note]
    assert [note.split(":")[1] for note in given] == ["noisy", "noisy2"]


def test_the_second_images_of_given_pairs_are_second_noisy_copies_where_pairs_are_seen(
    registries, asked
):
    plan = make_plan(asked, registries)
    assert planned(plan) == ["noise2noise", "supervised"]
    (note,) = [note for note in plan.notes if "second" in note]
    assert "images of its second folder are taken as second noisy copies" in note
    source = batch_source(
        TrainingImages([GIVEN]),
        Evidence.NOISY_PAIRS,
        "fixed",
        Task(LEVEL, "known", 1),
        crop_px=8,
        seed=0,
        device=torch.device("cpu"),
    )
    batch = source.sample(0, 64, torch.Generator().manual_seed(0))
    assert set(batch.noisy.unique().tolist()) == set(NOISY.ravel().tolist())
    assert batch.target is not None
    assert batch.target.unique().tolist() == [0.5]


def test_fresh_draws_and_a_target_noise_of_given_pairs_are_declined(registries, asked):
    with pytest.raises(UserError, match="there are no fresh draws of them"):
        make_plan(replace(asked, draws="fresh"), registries)
    plan = make_plan(replace(asked, target_noise="gaussian:5"), registries)
    assert planned(plan) == ["supervised"]
    assert "gives both images of each pair" in plan.declined[0][2]
    plan = make_plan(replace(asked, train_sets=("folder:clean2",)), registries)
    assert planned(plan) == ["noise2noise", "supervised"]


def test_other_noisy_files_are_another_training_and_another_cell(registries, asked, tmp_path):
    asked = replace(asked, methods=("supervised",))
    before = make_plan(asked, registries).cells[0]
    np.save(tmp_path / "noisy" / "0.npy", np.zeros((48, 48), np.float32))
    cell = make_plan(asked, registries).cells[0]
    assert cell.id != before.id
    assert cell.training.id == before.training.id
    np.save(tmp_path / "noisy2" / "0.npy", np.zeros((48, 48), np.float32))
    assert make_plan(asked, registries).cells[0].training.id != before.training.id


@pytest.mark.parametrize(
    ("datasets", "train_set"),
    [("pairs:noisy:clean", "folder:clean2"), ("folder:clean", "pairs:noisy2:clean2")],
)
def test_a_range_is_no_level_to_be_told(registries, asked, datasets, train_set):
    asked = replace(asked, methods=("supervised",), noises=("gaussian:5..50",))
    asked = replace(asked, datasets=(datasets,), train_sets=(train_set,))
    with pytest.raises(UserError, match=r"give the one level they have, as --noise gaussian:5"):
        make_plan(asked, registries)
    assert planned(make_plan(replace(asked, parameters=("unknown",)), registries))


def test_training_and_test_pairs_with_one_clean_image_overlap(registries, asked, tmp_path):
    clean = (tmp_path / "clean" / "1.png").read_bytes()
    (tmp_path / "clean2" / "1.png").write_bytes(clean)
    with pytest.raises(UserError, match=r"pairs:noisy2:clean2/1\.png and pairs:noisy:clean/1\.png"):
        make_plan(replace(asked, methods=("supervised",)), registries)


def test_a_noisy_image_of_another_size_is_refused_when_it_is_read():
    image = ImageFile("a", "1", lambda: CLEAN, lambda: NOISY[:, :5], "2")
    with pytest.raises(UserError, match=r"a is \(1, 8, 9\) and its noisy image \(1, 5, 9\)"):
        image.read()


def test_a_noisy_image_has_a_hash_and_the_digest_names_it():
    with pytest.raises(ValueError, match="come together"):
        ImageFile("a", "1", lambda: CLEAN, lambda: NOISY)

    def digest(noisy_sha256):
        image = ImageFile("a", "1", lambda: CLEAN, lambda: NOISY, noisy_sha256)
        return ImageSet("s", GRAY, (image,)).digest

    alone = ImageSet("s", GRAY, (ImageFile("a", "1", lambda: CLEAN),)).digest
    assert len({digest("2"), digest("3"), alone}) == 3
