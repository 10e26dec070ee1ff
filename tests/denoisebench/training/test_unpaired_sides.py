"""Which images are noisy and which clean, where both are shown and have no scene in common."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from recipes import RECIPE

from denoisebench.errors import UserError
from denoisebench.execution.train_job import refuse_start
from denoisebench.images.channels import COLOUR, GRAY
from denoisebench.images.image_set import (
    ImageFile,
    ImageSet,
    IndexedFile,
    LazyImages,
    LoadedImage,
    Share,
)
from denoisebench.images.pixels import Pixels, to_gray
from denoisebench.planning.given_weights import GivenWeights
from denoisebench.training.recipe import TrainingRecipe
from denoisebench.training.splits import (
    ImageHashes,
    TrainingImages,
    hold_out,
    split_in_halves,
    take,
)
from denoisebench.training.weights_file import Header


def unreadable() -> Pixels:
    raise AssertionError("read")


def image_set(files: Sequence[str], shares: tuple[Share, ...] = (), spec: str = "train"):
    """files: the SHA-256 of each; ids are numbers.  No file is ever read."""
    images = tuple(ImageFile(str(n), sha, unreadable) for n, sha in enumerate(files))
    return ImageSet(spec, GRAY, images, shares)


def pixels_of(files: Sequence[str]) -> list[str]:
    return [f"pixels of {sha}" for sha in files]


def sides(files: Sequence[str], seed: int = 0, **changes: object) -> tuple[set[str], set[str]]:
    """The files on the noisy and on the clean side."""
    noisy, clean = split_in_halves(image_set(files, **changes), pixels_of(files), seed)  # type: ignore[arg-type]
    return {files[n] for n in noisy}, {files[n] for n in clean}


FILES = [f"{n:064x}" for n in range(31)]


@pytest.mark.parametrize("count", [2, 3, 30, 31])
def test_each_image_is_on_one_side_and_the_sides_are_of_equal_size_give_or_take_one(count):
    noisy, clean = sides(FILES[:count])
    assert noisy | clean == set(FILES[:count])
    assert not noisy & clean
    assert len(noisy) - len(clean) == count % 2


def test_neither_order_nor_names_of_the_files_decide():
    shuffled = random.Random(1).sample(FILES, len(FILES))
    assert shuffled != FILES
    assert sides(shuffled) == sides(FILES)
    assert sides(FILES) != (set(FILES[:16]), set(FILES[16:]))


def test_another_seed_divides_otherwise():
    assert len({frozenset(sides(FILES, seed)[0]) for seed in range(5)}) == 5


def test_the_gray_version_of_a_set_is_divided_as_the_colour_one_is():
    colour = np.random.default_rng(0).random((6, COLOUR, 4, 4)).astype(np.float32)
    of_set = image_set(FILES[:6])
    divided = [
        split_in_halves(of_set, [str(version(image).tobytes()) for image in colour], 0)
        for version in (np.asarray, to_gray)
    ]
    assert divided[0] == divided[1]


def side_of(number: int, divided: tuple[list[int], list[int]]) -> int:
    return next(side for side, numbers in enumerate(divided) if number in numbers)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("known_by", ["file", "pixels", "record of one", "record of the other"])
def test_what_shows_one_scene_is_on_one_side(known_by: str, seed: int):
    files, shares = FILES[:6], ()
    pixels = pixels_of(files)
    if known_by == "file":
        files = [*files[:5], files[1]]
    elif known_by == "pixels":
        pixels[5] = pixels[1]
    elif known_by == "record of one":
        shares = (Share("5", "train/1", files[1], "crop at row 7, column 109"),)
    else:
        shares = (Share("1", "train/5", files[5], "the same image"),)
    divided = split_in_halves(image_set(files, shares), pixels, seed)
    assert side_of(1, divided) == side_of(5, divided)
    assert [len(side) for side in divided] == [3, 3]


def test_scenes_are_joined_over_several_steps():
    pixels = pixels_of(FILES[:6])
    pixels[0] = pixels[4]
    shares = (Share("2", "train/4", FILES[4], "crop"), Share("3", "set12/1", "not here", "crop"))
    for seed in range(8):
        divided = split_in_halves(image_set(FILES[:6], shares), pixels, seed)
        assert len({side_of(number, divided) for number in (0, 2, 4)}) == 1
        assert [len(side) for side in divided] == [3, 3]


@pytest.mark.parametrize("files", [FILES[:1], [FILES[0]] * 3])
def test_a_set_of_one_scene_is_refused(files: list[str]):
    with pytest.raises(UserError, match=r"train has one scene.*other scenes with --clean-set"):
        sides(files)


def indexed(count: int) -> LazyImages:
    file = IndexedFile(
        id="", sha256="", load=unreadable, size=(9, 9), pixel_sha256="", gray_sha256=""
    )
    return LazyImages([replace(file, id=str(number)) for number in range(count)])


def test_a_side_of_a_streamed_set_is_streamed_and_none_of_it_is_read():
    side = take(indexed(5), [1, 4])
    assert isinstance(side, LazyImages)
    assert [file.id for file in side.files] == ["1", "4"]


def loaded(count: int) -> list[LoadedImage]:
    return [LoadedImage(str(n), np.zeros((1, 1, 1), np.float32)) for n in range(count)]


@pytest.mark.parametrize(
    ("noisy", "clean", "held_out"),
    [(100, 149, (2, 2)), (100, 49, (0, 0)), (49, 100, (0, 0)), (100, 0, (2, 0))],
)
def test_images_of_both_sides_are_held_out_or_of_none(noisy, clean, held_out):
    rest, held = hold_out(TrainingImages(loaded(noisy), loaded(clean)))
    assert (len(held.noisy), len(held.clean)) == held_out
    for before, after, out in ((noisy, rest.noisy, held.noisy), (clean, rest.clean, held.clean)):
        assert sorted(int(i.id) for i in [*after, *out]) == list(range(before))


NOISY_ONLY = replace(RECIPE, train_digest="t")
HALVED = replace(NOISY_ONLY, clean_set="half")
GIVEN = replace(NOISY_ONLY, clean_set="kodak", clean_digest="c")
SHOWN = ImageHashes({"n": "1.png"}, {"c": "2.png"})


def begin(theirs: TrainingRecipe, seen: dict[str, str], recipe: TrainingRecipe) -> None:
    header = Header(theirs, seen, {})
    refuse_start(GivenWeights("w", Path("w.safetensors"), "", header), recipe, SHOWN)


@pytest.mark.parametrize(
    ("theirs", "recipe"), [(HALVED, HALVED), (GIVEN, GIVEN), (GIVEN, replace(GIVEN, seed=1))]
)
def test_a_training_begins_with_weights_that_saw_the_same_sides(theirs, recipe):
    begin(theirs, {"n": "1.png", "c": "2.png"}, recipe)


@pytest.mark.parametrize(
    ("theirs", "seen", "told"),
    [
        (NOISY_ONLY, "c", r"it saw old\.png, which this training is shown as clean image 2\.png"),
        (replace(HALVED, seed=1), "n", r"it saw old\.png.* as noisy image 1\.png"),
        (replace(HALVED, seed=1), "c", r"it saw old\.png.* as clean image 2\.png"),
        (replace(HALVED, train_digest="u"), "n", r"it saw old\.png"),
        (GIVEN, "n", r"it saw old\.png"),
    ],
)
def test_a_training_does_not_begin_with_weights_that_saw_the_other_side(theirs, seen, told):
    with pytest.raises(UserError, match=rf"--start w\.safetensors: {told}.*another --clean-set"):
        begin(theirs, {seen: "old.png"}, HALVED)


@pytest.mark.parametrize(("theirs", "seen"), [(NOISY_ONLY, "n"), (NOISY_ONLY, "x"), (GIVEN, "x")])
def test_a_training_begins_with_weights_that_saw_the_noisy_images_noisy_or_others(theirs, seen):
    begin(theirs, {seen: "old.png"}, HALVED)
