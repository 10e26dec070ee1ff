"""Noise2VST: a variance-stabilising transform fitted to the noisy image, around a frozen denoiser
of Gaussian noise (Herbreteau and Unser, ICCV 2025).

    x̂ = inv(D(v(y))),   v an increasing piecewise-linear function of a pixel

See transform.py for v and inv, loss.py for the loss, README.md for figures and departures from the
paper.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from denoisebench.plugin import (
    CHANNEL_WORDS,
    GRAY,
    ImageFit,
    ImageMethod,
    Method,
    Model,
    Task,
    hookimpl,
)
from noise2vst.config import Config

if TYPE_CHECKING:
    from torch import Tensor, nn


class Noise2VST(ImageMethod[Config]):
    name = "noise2vst"
    summary = "a Gaussian denoiser and a learned transform (Herbreteau & Unser, ICCV 2025)"
    config_type = Config
    paper_code = "https://github.com/sherbret/Noise2VST (MIT)"

    check_configs = (Config(steps=10),)

    def most_steps(self, config: Config) -> int:
        return config.steps

    def frozen_weights(self, config: Config, task: Task) -> str:
        channels = channels_together(config, task)
        return f"noise2score/{CHANNEL_WORDS[channels]}-{config.denoiser}"

    def declines(self, config: Config, task: Task) -> str | None:
        family = task.noise.family
        if not family.independent:
            return f"{family.name} noise is not independent between pixels"
        if family.preserves != "mean":
            return f"the mean of {family.name} noise is not the clean image"
        if family.colour_only:
            return f"{family.name} noise is not independent between channels"
        return None

    def network(self, config: Config, task: Task) -> "nn.Module":
        """The transform."""
        from noise2vst.transform import Transform

        return Transform(config.knots)

    def denoise(
        self, model: Model[Config], noisy: "Tensor", level: float | None, fit: ImageFit
    ) -> "Tensor":
        from noise2vst.fitting import denoise_fitted, fit_transform, start
        from noise2vst.transform import Transform

        if min(noisy.shape[-2:]) < 2 or not noisy.min() < noisy.max():  # nothing to learn from
            return noisy.clone()
        transform, together = model.network, channels_together(model.config, model.task)
        assert isinstance(transform, Transform)  # see `network`
        start(transform, noisy)
        fit_transform(transform, noisy, model.config, fit, together)
        return denoise_fitted(transform, noisy, fit.frozen, together)


def channels_together(config: Config, task: Task) -> int:
    """The channels that the denoiser takes: the blind one is bundled for gray alone."""
    return GRAY if config.denoiser == "gaussian-blind" else task.channels


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Noise2VST()]
