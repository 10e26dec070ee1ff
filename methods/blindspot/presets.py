"""The 46 named configs of the original code (NVlabs/selfsupervised-denoising) as presets.

A name is `<style>-<pipeline>[_diag][-sigma_<known|global|per_image>][-mono]`. Gaps of a preset, and
its departures from the original, are in docs/presets.md.
"""

from collections.abc import Iterator, Mapping

from denoisebench.plugin import Preset

NOISES = {
    "gauss25": "gaussian:25",
    "gauss5_50": "gaussian:5..50",
    "poisson30": "poisson-peak:30",
    "poisson5_50": "poisson-peak:5..50",
    "impulse50": "impulse:50",
    "impulse0_100": "impulse:0..100",
}

PIPELINES = {
    "n2c": ("supervised", "trained on clean images"),
    "n2n": ("noise2noise", "trained on pairs of noisy images"),
    "blindspot": ("blindspot", "full covariance"),
    "blindspot_diag": ("blindspot:covariance=diagonal", "diagonal covariance"),
    "blindspot_mean": ("blindspot:covariance=none", "μ only"),
}
"""For each pipeline, the method and its description."""

SIGMA = ("blindspot", "blindspot_diag")
"""The pipelines with a noise level that is known or not."""


def named_configs() -> Iterator[Preset]:
    """All 46, a noise after the other, the gray ones last."""
    for style in NOISES:
        diagonal = ["blindspot_diag"] if style.startswith("gauss") else []
        for pipeline in ("n2c", "n2n", "blindspot", *diagonal, "blindspot_mean"):
            yield from _of_pipeline(style, pipeline, "colour")
    for style in NOISES:
        if not style.startswith("impulse"):
            for pipeline in ("n2c", "blindspot"):
                yield from _of_pipeline(style, pipeline, "gray")


def _of_pipeline(style: str, pipeline: str, channels: str) -> Iterator[Preset]:
    if pipeline not in SIGMA:
        yield _preset(style, pipeline, "", "known", channels)
        return
    unknown = "per_image" if ".." in NOISES[style] else "global"
    yield _preset(style, pipeline, "-sigma_known", "known", channels)
    yield _preset(style, pipeline, f"-sigma_{unknown}", "unknown", channels)


def _preset(style: str, pipeline: str, sigma: str, parameters: str, channels: str) -> Preset:
    method, words = PIPELINES[pipeline]
    told = f", level {parameters}" if pipeline in SIGMA else ""
    settings: Mapping[str, str] = {
        "method": method,
        "noise": NOISES[style],
        "parameters": parameters,
        "channels": channels,
    }
    mono = "-mono" if channels == "gray" else ""
    return Preset(
        name=f"{style}-{pipeline}{sigma}{mono}",
        summary=f"{NOISES[style]} in {channels}, {words}{told} (Laine et al., NeurIPS 2019)",
        settings=settings,
    )
