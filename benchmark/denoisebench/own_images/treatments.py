"""The treatments of all channels of a source."""

from collections.abc import Callable, Mapping

from denoisebench.own_images.denoiser_choice import ChosenDenoiser, best_of, fitting_denoisers
from denoisebench.own_images.options import DenoiseOptions, LookOptions
from denoisebench.own_images.planes import Planes, groups_of
from denoisebench.own_images.treatment import Look, Treatment, look_at, settle, without_noise
from denoisebench.registry.registries import Registries

Choose = Callable[[Look, int], ChosenDenoiser]
"""The denoiser for what is seen and 1 or 3 channels.  Raises UserError where none fits."""


def chooser(options: DenoiseOptions, registries: Registries) -> Choose:
    """Chooses among bundled weights, or takes those of a file.  Files are looked at once: many
    images have the same noise."""
    fitting: dict[tuple[str, int], list[ChosenDenoiser]] = {}

    def choose(look: Look, channels: int) -> ChosenDenoiser:
        key = str(look.family), channels
        if key not in fitting:
            fitting[key] = fitting_denoisers(
                registries, options.method, options.weights, look.family, channels
            )
        return best_of(fitting[key], look.level)

    return choose


def looks_of(source: Planes, options: LookOptions, registries: Registries) -> dict[int, Look]:
    """The knowledge of each denoised channel, by its place along C.

    Raises UserError for a channel that is not there, or noise that cannot be told.
    """
    groups = groups_of(source, options.channel)
    return {group: look_at(source, group, options, registries) for group in groups}


def settle_all(
    source: Planes, looks: Mapping[int, Look], choose: Choose
) -> Mapping[int, Treatment]:
    """The treatment of each channel.  Raises UserError where no denoiser fits."""
    channels = source.channels
    return {
        group: without_noise(look) if look.noise.is_none else settle(look, choose(look, channels))
        for group, look in looks.items()
    }
