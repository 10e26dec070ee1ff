"""The figures of methods/dip/README.md: what the stop of `dip` costs against the best step.

    python examples/studies/dip_stop_study.py IMAGE...

The best step is chosen by the clean image, which no method of the suite may see while it denoises.
Gaussian noise of σ = 25, gray images, bfloat16.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tabulate import tabulate
from torch import Tensor, nn

from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin import ImageFit, Noise, Pixels, Task
from denoisebench.scoring.metrics import psnr_db
from dip import DeepImagePrior
from dip.config import Config
from dip.fitting import HeldOutStop, draw_kept, estimates

SIGMA_255 = 25.0


@dataclass(frozen=True, slots=True)
class Stops:
    """Steps, from 1, and the PSNR there: of the held-out pixels' stop, of the best step and of the
    last one."""

    held_out: tuple[int, float]
    best: tuple[int, float]
    last: tuple[int, float]


def in_bfloat16(network: nn.Module) -> Callable[[Tensor], Tensor]:
    def predict(image: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return network(image).float()

    return predict


def stops(clean: Pixels, noisy: Pixels, config: Config, seed: int = 0) -> Stops:
    """Fit all steps to `noisy` (C, H, W), and look where each rule would have stopped."""
    y = torch.from_numpy(noisy)[None]
    torch.manual_seed(seed)
    task = Task(Noise(Gaussian(), SIGMA_255, SIGMA_255), "unknown", len(clean))
    network = DeepImagePrior().network(config, task)
    rng = torch.Generator().manual_seed(seed)
    kept = draw_kept(y, rng)
    rule, chosen, decided = HeldOutStop(y, ~kept, config.patience), 0, False
    psnrs: list[float] = []
    for estimate in estimates(network, y, kept, config.steps, ImageFit(rng, fast=in_bfloat16)):
        psnrs.append(psnr_db(estimate[0].clamp(0, 1).numpy(), clean, data_range=1.0))
        if not decided:
            rule.add(estimate)
            chosen = len(psnrs) if rule.image is estimate else chosen
            decided = rule.stopped
    best = int(np.argmax(psnrs)) + 1
    held_out, top, last = ((step, psnrs[step - 1]) for step in (chosen, best, len(psnrs)))
    return Stops(held_out, top, last)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="+", type=Path)
    parser.add_argument("--steps", type=int, default=Config().steps)
    asked = parser.parse_args()
    rows = []
    for path in asked.images:
        with Image.open(path) as image:
            clean = np.asarray(image.convert("L"), np.float32)[None] / 255
        noisy, _ = Noise(Gaussian(), SIGMA_255, SIGMA_255).noisy(clean, seed=0)
        found = stops(clean, noisy, Config(steps=asked.steps))
        for name, (step, psnr) in (
            ("held-out pixels", found.held_out),
            ("best step (oracle)", found.best),
            ("last step", found.last),
        ):
            rows.append((path.name, name, step, psnr))
    print(tabulate(rows, ("image", "stop", "step", "PSNR, dB"), floatfmt=".2f"))


if __name__ == "__main__":
    main()
