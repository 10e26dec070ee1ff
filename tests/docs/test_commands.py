"""Each command of pages whose commands no other test runs has options that exist, and names of
methods, noise and protocols that the suite has.  Nothing is planned or computed."""

import re
import shlex
from pathlib import Path

import click
import pytest
from protocols import get_protocol

from denoisebench.cli import group
from denoisebench.registry.loader import load
from denoisebench.specs import split_list

ROOT = Path(__file__).parents[2]
DOCS = (
    "datasets",
    "gallery",
    "metrics",
    "networks",
    "presets",
    "real-noise",
    "report-page",
    "statistics",
)
PAGES = [
    *(ROOT / "docs" / f"{name}.md" for name in DOCS),
    *sorted(ROOT.glob("methods/*/README.md")),
]
BLOCK = re.compile(r"^(?:    )?(bench .*)$", re.MULTILINE)
IN_A_LINE = re.compile(r"`(bench [a-z]+ [^`…]*)`")


def commands(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    return [*BLOCK.findall(text), *(c for c in IN_A_LINE.findall(text) if " --" in c)]


def parameters(command: str) -> dict[str, object]:
    """The values of a command's options, checked by click."""
    arguments = shlex.split(command, comments=True)[1:]
    verb: click.Command = group
    name: str | None = "bench"
    while isinstance(verb, click.Group):
        name, found, arguments = verb.resolve_command(click.Context(verb), arguments)
        assert found is not None
        verb = found
    return verb.make_context(name, arguments).params


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_command_names_what_exists(page: Path) -> None:
    registries = load()
    look_up = {
        **dict.fromkeys(("method", "methods"), registries.method),
        **dict.fromkeys(("noise", "source_noise", "target_noise"), registries.noise),
        "protocol": get_protocol,
    }
    for command in commands(page):
        given = parameters(command)
        for option in look_up.keys() & {name for name, value in given.items() if value}:
            for spec in split_list(str(given[option])):
                if spec != "auto":  # the noise of `bench estimate` and `bench denoise`
                    look_up[option](spec)


def test_there_are_commands_to_check() -> None:
    assert all(commands(page) for page in PAGES)
