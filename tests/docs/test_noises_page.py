"""docs/noises.md says of each noise which methods take it."""

import re
from pathlib import Path

from denoisebench.noise.family import NoiseFamily
from denoisebench.plugin.method import Task
from denoisebench.registry.loader import load
from denoisebench.registry.registries import Registries
from denoisebench.specs import parse_spec

PAGE = Path(__file__).parents[2] / "docs" / "noises.md"
ALL = {"identity", "supervised"}
WITHOUT_LEVEL = ("real", "rayleigh", "exponential")


def told() -> dict[str, tuple[set[str], set[str]]]:
    """Of each noise: the methods that take it, and those of them that need its level."""
    table = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| (.*)\|$", table, re.MULTILINE)
    return {
        noise: (set(re.findall(r"`([\w-]+)`", taking)), set(re.findall(r"`([\w-]+)`†", taking)))
        for noises, taking in rows
        for noise in re.findall(r"`([\w-]+)`", noises)
    }


def taken(registries: Registries, family: NoiseFamily, parameters: str, channels: int) -> set[str]:
    """The methods that take a noise, the package of BM3D being installed or not."""
    text = family.name if family.name in WITHOUT_LEVEL else family.example
    task = Task(family.parse(parse_spec(text)), parameters, channels)  # type: ignore[arg-type]
    methods = registries.methods.items()
    reasons = {name: method.declines(method.config_type(), task) for name, method in methods}
    return {name for name, why in reasons.items() if why is None or "is not installed" in why}


def test_each_noise_is_taken_by_the_methods_of_its_row_and_no_others() -> None:
    rows, registries = told(), load()
    assert rows.keys() == registries.noises.keys()
    for name, family in registries.noises.items():
        taking, of_known = rows[name]
        for channels in (3,) if family.colour_only else (1, 3):
            assert taken(registries, family, "known", channels) - ALL == taking, name
            assert taken(registries, family, "unknown", channels) - ALL == taking - of_known, name
