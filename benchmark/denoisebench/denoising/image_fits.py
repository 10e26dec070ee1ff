"""Methods that learn on each image: the network made anew, the seeds, and the steps counted."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from denoisebench.denoising.frozen import frozen_denoiser
from denoisebench.images.pixels import pixel_hash
from denoisebench.nn.devices import Precision
from denoisebench.planning.answers import frozen_weights_of
from denoisebench.plugin.image_method import ImageFit, ImageMethod
from denoisebench.plugin.method import Denoised, Model, Task
from denoisebench.progress import Progress, ProgressCallback


def _untold(_: Progress) -> None:
    """Tells nobody."""


@dataclass(frozen=True, slots=True)
class ImageFits:
    """How such a method learns.  seed: the run's.  precision: of `ImageFit.fast`.  progress: takes
    the steps on an image."""

    seed: int = 0
    precision: Precision = "fp32"
    progress: ProgressCallback = _untold

    def denoise(
        self,
        method: ImageMethod[Any],
        config: Any,
        task: Task,
        noisy: Tensor,
        level: float | None,
    ) -> object:
        """The outcome of a method on an image (1, C, H, W), with its steps if it is an estimate."""
        seed = seed_of(noisy, self.seed)
        with torch.enable_grad(), _global_seed(seed, noisy.device):
            network = method.network(config, task)
            fit = self._fit(seed, noisy.device)
            frozen = frozen_weights_of(method, config, task)
            if frozen is not None:
                fit.frozen = frozen_denoiser(frozen, str(noisy.device))
            layout = {"memory_format": torch.channels_last}
            model = Model(config, task, network.to(noisy.device, **layout))  # type: ignore[call-overload]
            made = method.denoise(model, noisy, level, fit)
        if isinstance(made, Tensor):
            made = Denoised(made)
        if not isinstance(made, Denoised) or not isinstance(made.image, Tensor):
            return made  # whoever asked refuses it
        outputs = {n: replace(o, image=o.image.detach()) for n, o in made.outputs.items()}
        return replace(made, image=made.image.detach(), outputs=outputs, steps=fit.taken)

    def _fit(self, seed: int, device: torch.device) -> ImageFit:
        def tell(done: int, most: int) -> None:
            self.progress(Progress("step", done, most))

        rng = torch.Generator(device).manual_seed(seed)
        if self.precision == "fp32":
            return ImageFit(rng, tell)
        return ImageFit(rng, tell, lambda network: _in_bf16(network, device.type))


def seed_of(noisy: Tensor, seed: int) -> int:
    """The seed of an image (1, C, H, W) in a run of this seed: by its pixels, so that it has the
    same whatever is denoised before it, and wherever."""
    text = f"{pixel_hash(noisy[0].float().cpu().numpy())}:{seed}"
    return int(hashlib.sha256(text.encode()).hexdigest()[:15], 16)


def _in_bf16(network: Callable[[Tensor], Tensor], device: str) -> Callable[[Tensor], Tensor]:
    def predict(image: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16):
            out: Tensor = network(image)
        return out.float()

    return predict


@contextmanager
def _global_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators, for initial weights and dropout; put them back at the end."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
