"""Non-local means, total variation and wavelet shrinkage, as scikit-image has them.

Strengths are in standard deviations of the noise, so that one setting serves every level.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from classical.adapter import (
    COUNTS,
    GAUSSIAN,
    SMALLEST_PX,
    Array,
    channel_axis,
    declines_all_but,
    filter_image,
)
from denoisebench.plugin import (
    Between,
    Denoised,
    Task,
    Tiling,
    UntrainedMethod,
    UserError,
    refuse_unknown_words,
)

if TYPE_CHECKING:
    from torch import Tensor

RULES = {"bayes": "BayesShrink", "visu": "VisuShrink"}
"""How a wavelet threshold is set: per band, or one for all.  scikit-image's names."""

MOST_LEVELS = 10
"""More are of no use: the coarsest coefficient then covers 1024 pixels."""


def _refuse_not_above(name: str, value: float, least: float) -> None:
    if not least < value < float("inf"):
        raise ValueError(f"{name}: {value:g} must be above {least:g} and finite")


@dataclass(frozen=True, kw_only=True, slots=True)
class NlmConfig:
    """h: how unlike weighted patches may be, in standard deviations of the noise.

    patch_px: the side of a patch, odd.  distance_px: how far away patches are looked for.
    """

    h: Annotated[float, Between(1e-3, 1e3)] = 0.6
    patch_px: Annotated[int, Between(1, 63)] = 5
    distance_px: Annotated[int, Between(1, 50)] = 6

    def __post_init__(self) -> None:
        _refuse_not_above("h", self.h, 0.0)
        if self.patch_px < 1 or self.patch_px % 2 == 0:
            raise ValueError(f"patch_px: {self.patch_px} must be odd and above 0")
        _refuse_not_above("distance_px", self.distance_px, 0)


class Nlm(UntrainedMethod[NlmConfig]):
    """Buades, Coll & Morel, CVPR 2005; the noise's own distance is taken off that of patches."""

    name = "nlm"
    summary = "means over similar patches (Buades et al., CVPR 2005)"
    config_type = NlmConfig

    def declines(self, config: NlmConfig, task: Task) -> str | None:
        return declines_all_but((*GAUSSIAN, *COUNTS), task)

    def tiling(self, config: NlmConfig, task: Task) -> Tiling:
        reach = config.distance_px + config.patch_px // 2 + 1
        return Tiling(
            multiple=SMALLEST_PX,  # where a smaller side is reflected
            halo=max(reach, SMALLEST_PX),
            bytes_per_pixel=64 * task.channels,
            needs_level=task.parameters == "unknown",
        )

    def denoise(
        self, config: NlmConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> Denoised:
        from skimage.restoration import denoise_nl_means

        def denoise(image: Array, sigma: float) -> Array:
            denoised: Array = denoise_nl_means(
                image,
                patch_size=config.patch_px,
                patch_distance=config.distance_px,
                h=config.h * sigma,
                sigma=sigma,
                fast_mode=True,
                channel_axis=channel_axis(image),
            )
            return denoised

        return filter_image(task, noisy, level, denoise)


@dataclass(frozen=True, kw_only=True, slots=True)
class TvConfig:
    """weight: of the total variation, in standard deviations of the noise.

    eps: relative change of the cost at which the iterations end.  iterations: at most.
    """

    weight: Annotated[float, Between(1e-3, 1e3)] = 0.8
    eps: Annotated[float, Between(1e-12, 1.0)] = 2e-4
    iterations: Annotated[int, Between(1, 100_000)] = 200

    def __post_init__(self) -> None:
        _refuse_not_above("weight", self.weight, 0.0)
        _refuse_not_above("eps", self.eps, 0.0)
        _refuse_not_above("iterations", self.iterations, 0)


class Tv(UntrainedMethod[TvConfig]):
    """Rudin, Osher & Fatemi 1992 by the algorithm of Chambolle 2004, each channel for itself."""

    name = "tv"
    summary = "least total variation (Rudin et al. 1992, Chambolle 2004)"
    config_type = TvConfig

    def declines(self, config: TvConfig, task: Task) -> str | None:
        return declines_all_but((*GAUSSIAN, *COUNTS), task)

    def denoise(
        self, config: TvConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> Denoised:
        from skimage import restoration

        chambolle: Callable[..., Array] = restoration.denoise_tv_chambolle  # it has no types

        def denoise(image: Array, sigma: float) -> Array:
            return chambolle(
                image,
                weight=config.weight * sigma,
                eps=config.eps,
                max_num_iter=config.iterations,
                channel_axis=channel_axis(image),
            )

        return filter_image(task, noisy, level, denoise)


@dataclass(frozen=True, kw_only=True, slots=True)
class WaveletConfig:
    """wavelet: an orthogonal one of PyWavelets.  rule: how thresholds are set, see RULES.

    mode: of the threshold, soft or hard.  levels: how often the image is halved; 0 leaves it to
    scikit-image: three times less often than it could be, and once at least.
    """

    wavelet: str = "sym4"
    rule: Literal["bayes", "visu"] = "bayes"
    mode: Literal["soft", "hard"] = "soft"
    levels: int = 0

    def __post_init__(self) -> None:
        import pywt

        refuse_unknown_words(self)
        if self.wavelet not in pywt.wavelist(kind="discrete"):
            raise ValueError(
                f"wavelet: PyWavelets has no {self.wavelet!r}; give one like sym4, db2"
            )
        if not pywt.Wavelet(self.wavelet).orthogonal:
            raise ValueError(f"wavelet: {self.wavelet} is not orthogonal; give one like sym4, db2")
        if not 0 <= self.levels <= MOST_LEVELS:
            raise ValueError(f"levels: {self.levels} must lie in 0..{MOST_LEVELS}")

    @property
    def smallest_px(self) -> int:
        """Sides of an image that is halved once: below, every coefficient feels the border."""
        import pywt

        return 2 * (int(pywt.Wavelet(self.wavelet).dec_len) - 1)

    def refuse_small(self, width: int, height: int) -> None:
        """Raise UserError for an image that cannot be halved as often as `levels` says."""
        import pywt

        most = pywt.dwt_max_level(min(width, height), self.wavelet)
        if self.levels > most:
            raise UserError(
                f"wavelet.levels: {self.levels} halvings are too many for an image of"
                f" {width}×{height} pixels; give {most} at most, or leave levels out"
            )


class Wavelet(UntrainedMethod[WaveletConfig]):
    """BayesShrink (Chang, Yu & Vetterli 2000) or VisuShrink (Donoho & Johnstone 1994)."""

    name = "wavelet"
    summary = "wavelet coefficients shrunk (Chang et al., IEEE TIP 2000)"
    config_type = WaveletConfig

    def declines(self, config: WaveletConfig, task: Task) -> str | None:
        return declines_all_but((*GAUSSIAN, *COUNTS), task)

    def denoise(
        self, config: WaveletConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> Denoised:
        """In colour, the channels of YCbCr are shrunk, each with the noise that it has there."""
        from skimage.restoration import denoise_wavelet

        height, width = noisy.shape[-2:]
        config.refuse_small(width, height)

        def denoise(image: Array, sigma: float) -> Array:
            denoised: Array = denoise_wavelet(
                image,
                sigma=sigma,
                wavelet=config.wavelet,
                mode=config.mode,
                wavelet_levels=config.levels or None,
                method=RULES[config.rule],
                convert2ycbcr=image.ndim == 3,
                rescale_sigma=True,  # to YCbCr: without, colour images keep their noise
                channel_axis=channel_axis(image),
            )
            return denoised

        return filter_image(task, noisy, level, denoise, smallest_px=config.smallest_px)
