"""Options that fit no file are refused before any file is read."""

import numpy as np

from denoisebench.denoising.memory import memory_limit
from denoisebench.nn.devices import pick_device
from denoisebench.own_images.denoiser_choice import weights_file
from denoisebench.own_images.intensity import parse_scale
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.series_noise import told_noise, told_noise_adu
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec
from denoisebench.training.weights_file import read_header

WEIGHTS = ("auto", "zoo", "none", "train")
"""What `--weights` takes besides a file."""


def check_options(options: DenoiseOptions, registries: Registries) -> None:
    """Raise UserError for options that would be refused whatever the files are."""
    memory_limit(options.memory, pick_device(options.device))
    parse_scale(options.scale, np.dtype(np.uint8))
    if options.method is not None:
        registries.method(options.method)
    if options.noise != "auto" and options.unit == "adu":
        told_noise_adu(parse_spec(options.noise))
    elif options.noise != "auto":
        told_noise(registries.noise(options.noise), 0.0, 1.0)
    if options.weights not in WEIGHTS:
        read_header(weights_file(options.weights))
