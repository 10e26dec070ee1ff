"""Training on a set that is too large for memory: a window that slides over its images.

The images stand in an order that is shuffled anew for each pass over the set. At step s the window
holds WINDOW images, from place s on. Each step one enters and one leaves, and patches are cut from
the images in the window.  A large image comes as one piece of it, another one the next time.  Which
images and which pieces are there depends on the seed and the step alone, so that a training that
was interrupted finds the same window again.

Coming images are read, and their noise is drawn, by threads beside the training.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from denoisebench.images.image_set import LoadedImage
from denoisebench.images.pixels import Pixels
from denoisebench.noise.stream import Stream
from denoisebench.training.patches import Cutter, TrainingImage, flat

WINDOW = 64  # images
PIECE_PX = 512  # the longest side of a piece, unless the crop is larger
AHEAD = 8  # images that are made ready before their step
THREADS = 4


def order_of_pass(images: int, seed: int, number: int) -> npt.NDArray[np.int64]:
    """In which order the images come in a pass over the set, each once."""
    keys = Stream("training order", str(seed), str(number)).uniform(images)
    return np.argsort(keys, kind="stable")


class Window:
    """The images that patches are cut from, out of `images`, which are read when they come.

    show: what the evidence shows of an image; called on threads.  crop: no image is smaller.
    """

    def __init__(
        self,
        images: Sequence[LoadedImage],
        show: Callable[[LoadedImage], TrainingImage],
        crop: int,
        *,
        seed: int,
        device: torch.device,
    ) -> None:
        self._images, self._show, self._crop = images, show, crop
        self._seed, self._device = seed, device
        self._order = lru_cache(maxsize=2)(partial(order_of_pass, len(images), seed))
        self._side = max(PIECE_PX, crop)
        slots = min(WINDOW, len(images))
        self._places = [-1] * slots  # the place in the order of the image in each slot
        self._starts = np.arange(slots) * self._side**2
        self._sizes = np.zeros((slots, 2), dtype=np.int64)
        self._levels = np.zeros(slots, dtype=np.float32)
        self._planes: list[Tensor] = []
        self._cutter: Cutter | None = None
        self._threads = ThreadPoolExecutor(min(THREADS, os.cpu_count() or 1))
        self._coming: dict[int, Future[tuple[list[Tensor], tuple[int, int], float]]] = {}

    def cut(self, step: int, count: int, rng: torch.Generator) -> tuple[list[Tensor], Tensor]:
        """Patches of the images in the window at a step, as `Cutter.cut` gives them.

        Raises UserError for an image that cannot be read.
        """
        cutter = self._moved_to(step)
        return cutter.cut(self._planes, count, rng)

    def _moved_to(self, step: int) -> Cutter:
        slots = len(self._places)
        end = step + slots
        missing = [k for k in range(step, end) if self._places[k % slots] != k]
        if self._cutter is not None and not missing:
            return self._cutter
        self._coming = {k: v for k, v in self._coming.items() if step <= k < end + AHEAD}
        following = range(end, end + AHEAD) if len(missing) < slots else ()  # it is on its way
        wanted = [*missing, *following]
        for number, place in enumerate(missing):
            self._begin(wanted[number : number + AHEAD])
            self._put(place, *self._coming.pop(place).result())
        self._begin(following)
        self._cutter = Cutter(self._sizes, self._starts, self._levels, self._crop, self._device)
        return self._cutter

    def _begin(self, places: Sequence[int]) -> None:
        for place in places:
            if place not in self._coming:
                self._coming[place] = self._threads.submit(self._made_ready, place)

    def _made_ready(self, place: int) -> tuple[list[Tensor], tuple[int, int], float]:
        """The pixels, (H·W, C) a plane, the size and the level of the piece that comes."""
        number, within = divmod(place, len(self._images))
        image = self._show(self._images[int(self._order(number)[within])])
        planes = _piece(image.planes, self._side, Stream("piece", str(self._seed), str(place)))
        tensors = [torch.from_numpy(np.ascontiguousarray(flat(plane))) for plane in planes]
        if self._device.type == "cuda":  # from pinned memory the device fetches without a wait
            tensors = [tensor.pin_memory() for tensor in tensors]
        height, width = planes[0].shape[1:]
        return tensors, (height, width), image.level

    def _put(self, place: int, planes: list[Tensor], size: tuple[int, int], level: float) -> None:
        """Put a piece where the one that leaves was."""
        slot = place % len(self._places)
        if not self._planes:
            pixels = len(self._places) * self._side**2
            self._planes = [
                torch.empty((pixels, plane.shape[1]), device=self._device) for plane in planes
            ]
        start = int(self._starts[slot])
        for ours, plane in zip(self._planes, planes, strict=True):
            ours[start : start + len(plane)].copy_(plane, non_blocking=True)
        self._places[slot], self._sizes[slot], self._levels[slot] = place, size, level


def _piece(planes: Sequence[Pixels], side: int, stream: Stream) -> list[Pixels]:
    """The same piece of each plane (C, H, W), at most `side` high and wide, at a random place."""
    height, width = planes[0].shape[1:]
    down, right = stream.uniform(2)
    top, left = int(down * max(0, height - side + 1)), int(right * max(0, width - side + 1))
    return [plane[:, top : top + side, left : left + side] for plane in planes]
