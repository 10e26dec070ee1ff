"""Training on more images than memory holds: which are there at a step, and that it is the step
and the seed alone that decide it."""

import itertools
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from ramps import quiet, same_weights, settings, squared_error

from denoisebench.errors import UserError
from denoisebench.images.channels import GRAY
from denoisebench.images.image_set import IndexedFile, LazyImages, LoadedImage
from denoisebench.images.pixels import pixel_hash
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Evidence, Task
from denoisebench.training import streaming
from denoisebench.training.batches import batch_source
from denoisebench.training.patches import TrainingImage
from denoisebench.training.splits import TrainingImages
from denoisebench.training.streaming import AHEAD, PIECE_PX, WINDOW, Window, order_of_pass
from denoisebench.training.trainer import Trainer

CPU = torch.device("cpu")
COUNT = 150
LEVEL, RANGE = Noise(Gaussian(), 25.0, 25.0), Noise(Gaussian(), 5.0, 50.0)


def rng(seed=0):
    return torch.Generator().manual_seed(seed)


def plain(number):
    """An image of one value, its number, of a size of its own."""
    return np.full((1, 4 + number % 3, 4 + number % 2), number, dtype=np.float32)


class Counting:
    """A set of images that counts how often each is read; on however many threads."""

    def __init__(self, make=plain, count=COUNT):
        self.reads, self._make, self._lock = Counter(), make, threading.Lock()
        self.images = LazyImages([self._file(number) for number in range(count)])

    def _file(self, number):
        def load():
            with self._lock:
                self.reads[number] += 1
            return self._make(number)

        pixels = self._make(number)
        name = pixel_hash(pixels)
        return IndexedFile(
            id=f"{number}.png", sha256=str(number), load=load,
            size=pixels.shape[1:], pixel_sha256=name, gray_sha256=name,
        )  # fmt: skip


def show_clean(image: LoadedImage) -> TrainingImage:
    return TrainingImage((image.clean,), float(image.clean[0, 0, 0]))


def window(images, seed=0, crop=4, show=show_clean):
    return Window(images, show, crop, seed=seed, device=CPU)


def numbers_there(pool, step):
    """The images in the window, by the patches that it gives."""
    (patches,), level = pool.cut(step, 3000, rng(step))
    assert torch.equal(patches.amin(dim=(1, 2, 3)), level.flatten())
    return sorted({int(number) for number in level.flatten()})


def places(seed=0, count=COUNT):
    """The images in the order in which they come."""
    for number in itertools.count():
        yield from order_of_pass(count, seed, number).tolist()


def test_each_pass_brings_every_image_once_in_an_order_of_its_own():
    passes = [order_of_pass(COUNT, 0, number).tolist() for number in range(3)]
    assert all(sorted(each) == list(range(COUNT)) for each in passes)
    others = [list(range(COUNT)), order_of_pass(COUNT, 1, 0).tolist()]
    assert len({tuple(each) for each in passes + others}) == 5


def test_the_window_holds_the_images_from_its_step_on_and_nothing_else():
    pool, coming = window(Counting().images), list(itertools.islice(places(), 400))
    for step in [0, 1, 2, 3, 100, 140, 149, 150, 299]:
        assert numbers_there(pool, step) == sorted(set(coming[step : step + WINDOW]))


def test_in_a_pass_every_image_is_read_once():
    counting = Counting()
    pool = window(counting.images)
    for step in range(COUNT - WINDOW + 1):
        pool.cut(step, 1, rng())
    pool._threads.shutdown()  # those that look ahead are of the next pass
    early = list(itertools.islice(places(), COUNT))
    late = Counter(list(itertools.islice(places(), COUNT + AHEAD))[COUNT:])
    assert counting.reads == Counter(early) + late


@pytest.mark.parametrize("step", [0, 7, 149, 1000])
def test_what_a_step_gives_depends_on_the_step_and_the_seed_alone(step):
    def cut(pool):
        (patches,), _ = pool.cut(step, 200, rng())
        return patches

    images = Counting().images
    walked = window(images)
    for earlier in range(max(0, step - 5), step):
        walked.cut(earlier, 3, rng(earlier))
    back = window(images)
    back.cut(step + 30, 1, rng())
    assert torch.equal(cut(walked), cut(window(images)))
    assert torch.equal(cut(back), cut(walked))
    assert not torch.equal(cut(window(images, seed=1)), cut(walked))


def test_a_set_that_fits_into_the_window_is_there_as_a_whole():
    pool = window(Counting(count=10).images)
    for step in (0, 10, 20):
        assert numbers_there(pool, step) == list(range(10))


def test_no_more_images_are_in_memory_than_the_window_and_those_ahead():
    alive, most, lock = set(), [0], threading.Lock()

    class Tracked(np.ndarray):
        def __del__(self):
            with lock:
                alive.discard(id(self))

    def make(number):
        image = plain(number).view(Tracked)
        with lock:
            alive.add(id(image))
            most[0] = max(most[0], len(alive))
        return image

    pool = window(Counting(make).images)
    most[0] = 0
    for step in range(200):
        pool.cut(step, 1, rng())
    assert len(pool._coming) <= AHEAD
    assert 0 < most[0] <= AHEAD + streaming.THREADS
    assert pool._planes[0].shape == (WINDOW * PIECE_PX**2, 1)


def numbered(number, side=20):
    """Pixels that no two places or images share; half of them would do for two images."""
    plane = np.arange(side * side, dtype=np.float32).reshape(1, side, side) + number * side**2
    return plane / np.float32(1e6)


def test_of_a_large_image_another_piece_comes_each_time_whose_pixels_are_real(monkeypatch):
    monkeypatch.setattr(streaming, "PIECE_PX", 8)
    whole = numbered(0)
    pool = Window(
        Counting(numbered, 1).images,
        lambda image: TrainingImage((image.clean, -image.clean)),
        8,
        seed=0,
        device=CPU,
    )
    corners = set()
    for step in range(30):
        (first, second), _ = pool.cut(step, 4, rng(step))
        assert torch.equal(second, -first)
        assert np.isin(first.numpy(), whole).all()
        assert len(first.unique()) == 64  # one piece, the size of the crop
        corners.add(float(first.min()))
    assert len(corners) > 15


def test_a_crop_larger_than_a_piece_enlarges_the_piece():
    pool = window(Counting(lambda _: np.zeros((1, 600, 700), np.float32), 2).images, crop=544)
    (patches,), _ = pool.cut(0, 2, rng())
    assert patches.shape == (2, 1, 544, 544)


@pytest.mark.parametrize("evidence", [Evidence.NOISY, Evidence.NOISY_PAIRS, Evidence.CLEAN])
@pytest.mark.parametrize("noise", [LEVEL, RANGE])
def test_an_image_has_the_same_noise_as_when_all_are_in_memory(evidence, noise):
    images = Counting(lambda number: numbered(number, 9), 5).images
    task = Task(noise, "known", GRAY)

    def pixels(shown, step):
        batches = batch_source(
            TrainingImages(shown), evidence, "fixed", task, crop_px=8, seed=3, device=CPU
        )
        batch = batches.sample(step, 400, rng(step))
        seen = batch.noisy if batch.target is None else torch.cat([batch.noisy, batch.target])
        assert batch.level is not None
        return set(seen.flatten().tolist()), set(batch.level.flatten().tolist())

    in_memory = pixels([*images], 0)
    assert pixels(images, 0) == pixels(images, 10) == in_memory
    clean = {float(value) for image in images for value in image.clean.flat}
    assert bool(clean & in_memory[0]) == (evidence is Evidence.CLEAN)


@pytest.mark.parametrize("evidence", [Evidence.NOISY, Evidence.NOISY_PAIRS, Evidence.CLEAN])
def test_fresh_draws_of_streamed_images_are_new_each_time(evidence):
    images = Counting(lambda _: np.full((1, 8, 8), 0.5, np.float32), 3).images
    task = Task(LEVEL, "known", GRAY)
    batches = batch_source(
        TrainingImages(images), evidence, "fresh", task, crop_px=8, seed=0, device=CPU
    )
    first, again = batches.sample(0, 50, rng(1)), batches.sample(0, 50, rng(2))
    assert len(torch.unique(torch.cat([first.noisy, again.noisy]).flatten(1), dim=0)) == 100
    if evidence is Evidence.CLEAN:
        assert first.target is not None
        assert first.target.unique().tolist() == [0.5]


def test_an_image_that_cannot_be_read_stops_the_training_with_its_error():
    def make(number):
        if number == late and made_all:
            raise UserError("x.pack is damaged: it ends before 7.png")
        return plain(number)

    made_all: list[bool] = []
    late = list(itertools.islice(places(), WINDOW + 4))[-1]
    pool = window(Counting(make).images)
    made_all.append(True)
    for step in range(4):
        pool.cut(step, 1, rng())
    with pytest.raises(UserError, match="it ends before 7"):
        pool.cut(4, 1, rng())


def ramp(number):
    slope = np.linspace(0, 1, 40, dtype=np.float32) * (1 + number % 5) / 5
    return np.broadcast_to(slope, (1, 36, 40)).copy()


def streamed_trainer(folder: Path) -> Trainer:
    folder.mkdir(exist_ok=True)
    torch.manual_seed(0)
    images = Counting(ramp, 90).images
    batches = batch_source(
        TrainingImages(images),
        Evidence.CLEAN,
        "fixed",
        Task(LEVEL, "known", 1),
        crop_px=32,
        seed=0,
        device=CPU,
    )
    return Trainer(UNet(1, width=4), squared_error, batches, settings(12), folder / "checkpoint.pt")


@pytest.mark.parametrize("stop_at", [1, 7])
def test_an_interrupted_streamed_training_ends_with_the_same_weights_bit_for_bit(
    tmp_path: Path, stop_at: int
):
    whole = streamed_trainer(tmp_path / "whole")
    whole.run(quiet)
    calls = itertools.count(1)

    def interrupt(progress):
        del progress
        if next(calls) == stop_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        streamed_trainer(tmp_path / "broken").run(interrupt)
    resumed = streamed_trainer(tmp_path / "broken")
    resumed.run(quiet)
    assert same_weights(whole.average, resumed.average)
    assert same_weights(whole.network, resumed.network)
