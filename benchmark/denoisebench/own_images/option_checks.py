"""Options that fit no file are refused before any file is read."""

from denoisebench.denoising.memory import memory_limit
from denoisebench.nn.devices import pick_device
from denoisebench.own_images.denoiser_choice import named_weights
from denoisebench.own_images.options import DenoiseOptions
from denoisebench.own_images.treatment import check_look
from denoisebench.registry.registries import Registries

WEIGHTS = ("auto", "zoo", "none", "train")
"""The values of `--weights` other than a file."""


def check_options(options: DenoiseOptions, registries: Registries) -> None:
    """Raise UserError for options that would be refused whatever the files are."""
    memory_limit(options.memory, pick_device(options.device))
    check_look(options, registries)
    if options.method is not None:
        registries.method(options.method)
    if options.weights not in WEIGHTS:
        named_weights(registries, options.weights)
