"""Planning with clean images of other scenes: ids, what is refused, and weights that fit."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import recipes
from here import here
from PIL import Image
from torch import nn
from watched import PLUGIN, flat_images, request, watched

from denoisebench.errors import UserError
from denoisebench.execution.runner import Runner
from denoisebench.images.channels import GRAY
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.planning.weights_finder import WeightsFinder
from denoisebench.plugin.method import Evidence, Task
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.weights_file import Header, write_weights


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Registries:
    return watched(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Request:
    monkeypatch.chdir(tmp_path)
    return request(tmp_path)


def training_id(asked: Request, registries: Registries) -> str:
    (training,) = make_plan(asked, registries).trainings
    return training.id


def test_the_clean_set_and_what_is_in_it_are_part_of_the_id(asked, registries, tmp_path):
    ids = [training_id(asked, registries)]
    given = replace(asked, clean_set="folder:clean")
    ids.append(training_id(given, registries))
    flat_images(tmp_path / "more", 240)
    shutil.copy(tmp_path / "more" / "240.png", tmp_path / "clean" / "240.png")
    ids.append(training_id(given, registries))
    shutil.move(tmp_path / "clean", tmp_path / "named")
    ids.append(training_id(replace(asked, clean_set="folder:named"), registries))
    assert len(set(ids)) == 4
    assert training_id(replace(asked, clean_set="half"), registries) == ids[0]


def test_a_clean_set_leaves_the_trainings_of_other_methods_alone(asked, registries):
    both = replace(asked, methods=("supervised", "watched"))
    given = replace(both, clean_set="folder:clean")
    before, after = ([t.id for t in make_plan(r, registries).trainings] for r in (both, given))
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_a_clean_set_that_no_method_takes_is_refused(asked, registries):
    unused = replace(asked, methods=("identity", "supervised"), clean_set="folder:clean")
    with pytest.raises(UserError, match=r"--clean-set folder:clean: no method asked for sees"):
        make_plan(unused, registries)


def test_training_on_the_scored_images_needs_a_clean_set(asked, registries):
    transductive = replace(asked, train_sets=("test",))
    with pytest.raises(UserError, match=r"clean images of other scenes with --clean-set"):
        make_plan(transductive, registries)
    assert make_plan(replace(transductive, clean_set="folder:clean"), registries).cells


def run(asked: Request, registries: Registries) -> None:
    Runner(make_plan(asked, registries), here(Path("out"))).run()  # fmt: skip


@pytest.mark.parametrize("train_set", ["folder:train", "test"])
@pytest.mark.parametrize(
    ("other", "image", "what"),
    [("train", "40", "training set"), ("test", "15", "data set")],
)
def test_a_clean_set_with_a_file_of_the_training_or_test_set_is_refused(
    asked, registries, tmp_path, train_set, other, image, what
):
    if train_set == "test" and other == "train":
        shutil.copy(tmp_path / "train" / "40.png", tmp_path / "test" / "40.png")
        other, what = "test", "data set"
    shutil.copy(tmp_path / other / f"{image}.png", tmp_path / "clean" / "copy.png")
    given = replace(asked, train_sets=(train_set,), clean_set="folder:clean")
    with pytest.raises(UserError) as caught:
        make_plan(given, registries)
    assert str(caught.value).startswith(
        f"clean set folder:clean and {what} folder:{other} overlap: folder:clean/copy.png and"
        f" folder:{other}/{image}.png (same file); give a --clean-set"
    )


@pytest.mark.parametrize(
    ("train_set", "clean_set", "dataset", "told"),
    [
        ("folder:train", "cbsd400", "set12", r"clean set cbsd400 and data set set12 .*12003.*04"),
        ("cbsd400", "set12", "folder:test", r"clean set set12 and training set cbsd400 .*12003"),
        ("set12", "cbsd400", "folder:test", r"clean set cbsd400 and training set set12 .*12003"),
        ("cbsd68", "bsd300", "samples", r"clean set bsd300 and training set cbsd68"),
    ],
)
def test_a_clean_set_with_shared_content_on_record_is_refused(
    asked, registries, train_set, clean_set, dataset, told
):
    given = replace(asked, train_sets=(train_set,), datasets=(dataset,), clean_set=clean_set)
    if train_set == "cbsd400":
        given = replace(given, channels=GRAY)
    with pytest.raises(UserError, match=told):
        make_plan(given, registries)


@pytest.mark.parametrize(
    ("other", "image", "train_set", "what"),
    [
        ("train", "40", "folder:train", "training set"),
        ("test", "15", "folder:train", "data set"),
        ("test", "15", "test", "training set"),
    ],
)
def test_a_clean_set_with_the_pixels_of_another_set_is_refused(
    asked, registries, tmp_path, other, image, train_set, what
):
    Image.open(tmp_path / other / f"{image}.png").save(tmp_path / "clean" / "stored.bmp")
    given = replace(asked, train_sets=(train_set,), clean_set="folder:clean")
    with pytest.raises(UserError) as caught:
        run(given, registries)
    assert str(caught.value).startswith(
        f"clean set folder:clean and {what} folder:{other} overlap: folder:clean/stored.bmp and"
        f" folder:{other}/{image}.png (same pixels); give a --clean-set"
    )


def test_weights_trained_on_clean_test_images_are_refused_later_too(asked, registries, tmp_path):
    """The noisy images of the weights were another set's, and were scored."""
    run(replace(asked, train_sets=("test",), clean_set="folder:clean"), registries)
    (weights,) = (tmp_path / "out").glob("trainings/*/weights.safetensors")
    flat_images(tmp_path / "later", 100, 220)
    later = replace(asked, datasets=("folder:later",), weights=str(weights))
    with pytest.raises(UserError, match=r"/220\.png and folder:later/220\.png \(same pixels\)"):
        run(later, registries)
    run(replace(asked, weights=str(weights)), registries)


def test_a_small_image_of_the_clean_set_is_refused(asked, registries, tmp_path):
    Image.fromarray(np.zeros((31, 40), np.uint8)).save(tmp_path / "clean" / "small.png")
    with pytest.raises(UserError, match=r"small\.png is 40×31 pixels, smaller than the crop"):
        run(replace(asked, clean_set="folder:clean"), registries)


def test_colour_clean_images_serve_gray_trainings_in_gray_and_never_the_reverse(
    asked, registries, tmp_path
):
    (tmp_path / "colour").mkdir()
    values = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(values).save(tmp_path / "colour" / "0.png")
    (training,) = make_plan(replace(asked, clean_set="folder:colour"), registries).trainings
    assert training.clean_set is not None
    assert training.clean_set.channels == GRAY
    colour = replace(asked, datasets=("samples",), train_sets=("samples:part=train",))
    with pytest.raises(UserError, match=r"clean set folder:clean is gray.*give a colour clean set"):
        make_plan(replace(colour, clean_set="folder:clean"), registries)


RECIPE = replace(
    recipes.RECIPE,
    method="watched",
    noise="gaussian:0.01",
    train_set="folder:train",
    channels=GRAY,
)


@pytest.mark.parametrize(
    ("saw", "fits"),
    [
        (Evidence.NOISY, {Evidence.NOISY, Evidence.NOISY_PAIRS, Evidence.UNPAIRED, Evidence.CLEAN}),
        (Evidence.NOISY_PAIRS, {Evidence.NOISY_PAIRS, Evidence.CLEAN}),
        (Evidence.UNPAIRED, {Evidence.UNPAIRED, Evidence.CLEAN}),
        (Evidence.CLEAN, {Evidence.CLEAN}),
    ],
)
def test_a_training_begins_with_what_saw_no_more_than_it_may(
    asked, registries, tmp_path, saw, fits
):
    methods = {"noisy": "noise2void", "noisy-pairs": "noise2noise", "unpaired": "watched"}
    name = methods.get(saw.value, "supervised")
    assert registries.method(name)[0].evidence(registries.method(name)[1]) is saw
    path = tmp_path / "start.safetensors"
    write_weights(path, nn.Conv2d(1, 1, 1), Header(replace(RECIPE, method=name), {}, {}))
    finder = WeightsFinder(replace(asked, start=path), registries, lambda _: None)
    task = Task(registries.noise("gaussian:0.01"), "known", GRAY)
    for evidence in Evidence:
        if evidence in fits:
            assert finder.start(evidence, task) is not None
        elif evidence is not Evidence.NOTHING:
            with pytest.raises(UserError, match=f"saw {saw.value}; .* see {evidence.value} alone"):
                finder.start(evidence, task)


def test_a_start_that_saw_a_clean_image_noisy_is_refused(asked, registries, tmp_path):
    run(replace(asked, methods=("watched-noisy",)), registries)
    (start,) = (tmp_path / "out").glob("trainings/*/weights.safetensors")
    begun = replace(asked, start=start)
    with pytest.raises(UserError, match=r"it saw \d+\.png, which this training is shown as clean"):
        run(begun, registries)


def test_weights_that_come_with_a_method_are_taken_for_their_own_clean_set(
    asked, tmp_path, monkeypatch
):
    package = tmp_path / "watched_package"
    (package / "weights").mkdir(parents=True)
    (package / "__init__.py").write_text(PLUGIN)
    header = Header(replace(RECIPE, clean_set="half"), {}, {})
    write_weights(package / "weights" / "w.safetensors", nn.Conv2d(1, 1, 1), header)
    monkeypatch.syspath_prepend(tmp_path)
    registries = load(["watched_package"])
    auto = replace(asked, weights="auto")
    for clean_set, weights in ((None, "zoo:w"), ("half", "zoo:w"), ("folder:clean", "trained")):
        (cell,) = make_plan(replace(auto, clean_set=clean_set), registries).cells
        assert cell.labels["weights"] == weights
        label = "folder:train (half clean)"
        assert (cell.labels["train_set"] == label) == (weights == "zoo:w")
