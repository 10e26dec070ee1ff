"""A run that trains on a pack: what is refused before it begins, by the index alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bench import make_images
from here import here
from PIL import Image

from denoisebench.budgets import get_budget
from denoisebench.errors import UserError
from denoisebench.execution.runner import Runner
from denoisebench.images.image_set import IndexedFile, LazyImages
from denoisebench.images.pixels import Pixels
from denoisebench.planning.planner import make_plan
from denoisebench.planning.request import Request
from denoisebench.plugin.image_source import PackChoice
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.training.splits import HELD_OUT_OF_STREAMED, TrainingImages, hold_out
from denoisebench_datasets.packs.source import PackSource


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


@pytest.fixture
def asked(tmp_path: Path) -> Request:
    make_images(tmp_path / "test", 2, seed=1)
    folder = make_images(tmp_path / "train", 4, seed=2)
    packed = PackSource().pack(folder, tmp_path / "train.pack", PackChoice(1), lambda _: None)
    return Request(
        methods=("supervised",),
        noises=("gaussian:25",),
        parameters=("known",),
        datasets=(f"folder:{tmp_path / 'test'}",),
        train_sets=(packed.image_set.spec,),
        draws="fixed",
        budget=get_budget("smoke", steps=2),
        weights="none",
        seeds=(0,),
    )


def runner(asked: Request, registries: Registries, out: Path) -> Runner:
    plan = make_plan(asked, registries)
    return Runner(plan, here(out))


def test_a_pack_is_trained_and_scored_without_reading_it_whole(
    asked: Request, registries: Registries, tmp_path: Path
) -> None:
    run = runner(replace(asked, datasets=asked.train_sets, train_sets=asked.datasets),
                 registries, tmp_path)  # fmt: skip
    (result,) = run.run()
    assert len(result.scores) == 4
    (result,) = (run := runner(asked, registries, tmp_path)).run()
    assert result.error is None
    assert [type(images) for images in run.context.reader._read.values()] == [LazyImages, list]


def spoil_pixels(tmp_path: Path) -> None:
    """Whoever reads a pixel of the pack from now on gets an error."""
    path = tmp_path / "train.pack"
    data = bytearray(path.read_bytes())
    data[68 : 68 + 48 * 48 * 4] = bytes(48 * 48 * 4)
    path.write_bytes(data)


def test_an_image_smaller_than_the_crop_is_refused_before_any_is_read(
    asked: Request, registries: Registries, tmp_path: Path
) -> None:
    spoil_pixels(tmp_path)
    large = replace(asked, budget=get_budget("smoke", steps=2, crop_px=64))
    with pytest.raises(UserError, match=r"image 0\.png is 48×48 pixels, smaller than the crop"):
        runner(large, registries, tmp_path).run()


@pytest.mark.parametrize("channels", [1, 3])
def test_the_pixels_of_a_test_image_are_refused_before_any_is_read(
    asked: Request, registries: Registries, tmp_path: Path, channels: int
) -> None:
    """Also where a colour pack is trained on in gray."""
    if channels == 3:
        folder = make_images(tmp_path / "colour", 3, seed=2)
        values = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
        Image.fromarray(values).save(folder / "z.png")
        made = PackSource().pack(folder, tmp_path / "c.pack", PackChoice(1), lambda _: None)
        asked = replace(asked, train_sets=(made.image_set.spec,))
    spoil_pixels(tmp_path)
    Image.open(tmp_path / "train" / "2.png").save(tmp_path / "test" / "stored_otherwise.bmp")
    with pytest.raises(UserError, match=r"/2\.png and .*stored_otherwise\.bmp \(same pixels\)"):
        runner(asked, registries, tmp_path).run()


@pytest.mark.parametrize(("count", "held_out"), [(49, 0), (50, 1), (1600, 32), (5000, 31)])
def test_a_few_images_of_a_streamed_set_are_held_out_and_none_is_read(
    count: int, held_out: int
) -> None:
    def unreadable() -> Pixels:
        raise AssertionError("read")

    file = IndexedFile(
        id="", sha256="", load=unreadable, size=(9, 9), pixel_sha256="", gray_sha256=""
    )
    files = [replace(file, id=str(number)) for number in range(count)]
    trained, watched = (side.noisy for side in hold_out(TrainingImages(LazyImages(files))))
    assert len(watched) == held_out <= HELD_OUT_OF_STREAMED
    assert len(trained) + len(watched) == count
    if held_out:
        assert isinstance(trained, LazyImages)
        assert isinstance(watched, LazyImages)
        assert not {f.id for f in trained.files} & {f.id for f in watched.files}
