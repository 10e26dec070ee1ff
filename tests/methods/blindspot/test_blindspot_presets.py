"""The 46 named configs of the original blind-spot code as presets."""

import re
from pathlib import Path

import pytest

from blindspot.presets import named_configs
from denoisebench.plugin.preset import Preset
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries

PRESETS = {preset.name: preset for preset in named_configs()}
PAGE = Path(__file__).parents[3] / "docs" / "presets.md"

GAUSS = "n2c n2n blindspot-sigma_known blindspot-{u} blindspot_diag-sigma_known blindspot_diag-{u}"
OTHER = "n2c n2n blindspot-sigma_known blindspot-{u}"
MONO = "n2c-mono blindspot-sigma_known-mono blindspot-{u}-mono"
PIPELINES = {
    "gauss25": (f"{GAUSS} blindspot_mean {MONO}", "sigma_global"),
    "gauss5_50": (f"{GAUSS} blindspot_mean {MONO}", "sigma_per_image"),
    "poisson30": (f"{OTHER} blindspot_mean {MONO}", "sigma_global"),
    "poisson5_50": (f"{OTHER} blindspot_mean {MONO}", "sigma_per_image"),
    "impulse50": (f"{OTHER} blindspot_mean", "sigma_global"),
    "impulse0_100": (f"{OTHER} blindspot_mean", "sigma_per_image"),
}
"""The original's list: of each style the pipelines, and what an unknown level is called there."""


@pytest.fixture(scope="module")
def registries() -> Registries:
    return load()


def test_there_are_the_46_configs_of_the_original():
    names = {
        f"{style}-{pipeline}"
        for style, (pipelines, unknown) in PIPELINES.items()
        for pipeline in pipelines.format(u=unknown).split()
    }
    assert len(names) == 46
    assert set(PRESETS) == names


def test_the_plugin_registers_all_of_them(registries: Registries):
    assert {name: registries.presets.get(name) for name in PRESETS} == PRESETS


def command(method, noise, parameters, channels):
    return {"method": method, "noise": noise, "parameters": parameters, "channels": channels}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("gauss25-n2c", ("supervised", "gaussian:25", "known", "colour")),
        ("poisson30-n2n", ("noise2noise", "poisson-peak:30", "known", "colour")),
        ("gauss25-blindspot-sigma_known", ("blindspot", "gaussian:25", "known", "colour")),
        ("impulse50-blindspot-sigma_global", ("blindspot", "impulse:50", "unknown", "colour")),
        (
            "impulse0_100-blindspot-sigma_per_image",
            ("blindspot", "impulse:0..100", "unknown", "colour"),
        ),
        (
            "gauss25-blindspot_diag-sigma_global",
            ("blindspot:covariance=diagonal", "gaussian:25", "unknown", "colour"),
        ),
        (
            "poisson5_50-blindspot_mean",
            ("blindspot:covariance=none", "poisson-peak:5..50", "known", "colour"),
        ),
        (
            "gauss5_50-blindspot-sigma_per_image-mono",
            ("blindspot", "gaussian:5..50", "unknown", "gray"),
        ),
    ],
)
def test_a_preset_sets_method_noise_parameters_and_channels(name, settings):
    assert dict(PRESETS[name].settings) == command(*settings)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_each_name_says_what_its_settings_say(registries: Registries, preset: Preset):
    style, pipeline, *rest = preset.name.split("-")
    family, low, high = re.fullmatch(r"([a-z]+)(\d+)_?(\d*)", style).groups()
    method, config = registries.method(preset.settings["method"])
    noise = registries.noise(preset.settings["noise"])

    name, _, variant = pipeline.partition("_")
    assert method.name == {"n2c": "supervised", "n2n": "noise2noise"}.get(name, name)
    evidence = {"n2c": "clean", "n2n": "noisy-pairs", "blindspot": "noisy"}
    assert method.evidence(config).value == evidence[name]
    if name == "blindspot":
        assert config.covariance == {"": "full", "diag": "diagonal", "mean": "none"}[variant]
        assert config.level == "auto"

    ends = [float(low), float(high or low)]
    if family == "poisson":  # results have ζ = 1/λ, to ten digits
        ends = [1 / ends[1], 1 / ends[0]]
    assert noise.family.name == {"gauss": "gaussian"}.get(family, family)
    assert [noise.low, noise.high] == pytest.approx(ends, rel=1e-9)

    unknown = bool({"sigma_global", "sigma_per_image"} & set(rest))
    assert preset.settings["parameters"] == ("unknown" if unknown else "known")
    assert noise.is_range == ("sigma_per_image" in rest) or not unknown
    assert preset.settings["channels"] == ("gray" if "mono" in rest else "colour")


def test_the_page_of_presets_has_each_with_its_settings():
    rows = re.findall(r"^\| `(\S+-\S+)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    rows = [(name, cells) for name, cells in rows if not name.startswith("r2r-")]
    settings = {name: re.findall(r"`([^`]+)`", cells) for name, cells in rows}
    assert settings == {name: list(p.settings.values()) for name, p in PRESETS.items()}
    assert len(rows) == len(PRESETS)
