"""README and the pages next to it: commands are plans that work, links lead somewhere."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from PIL import Image

ROOT = Path(__file__).parents[2]
FIRST = ("first-results", "running")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_PAGES = [README, *((ROOT / "docs" / f"{n}.md").read_text("utf-8") for n in FIRST)]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("methods/*/README.md"))]
COMMANDS = sorted(
    {
        line
        for page in FIRST_PAGES
        for line in re.findall(
            r"^    (bench (?:run|compare|sweep|rank|list|zoo train) .*)$", page, re.MULTILINE
        )
    }
)
METHODS = sorted(
    path.parent
    for path in ROOT.glob("methods/*/__init__.py")
    if "register_methods" in path.read_text(encoding="utf-8")
)


def test_there_are_commands_to_check() -> None:
    assert "bench run --method noise2score --noise gaussian:25" in COMMANDS
    assert "bench compare --datasets kodak,cbsd68,set12" in COMMANDS


def test_the_readme_is_read_in_three_minutes() -> None:
    assert len(README.splitlines()) <= 120
    assert (ROOT / "docs" / "picture.webp").stat().st_size <= 300_000


def test_the_plugin_of_the_readme_conforms(tmp_path: Path) -> None:
    commands = re.findall(r"^    (bench (?:new|check) .*)$", README, re.MULTILINE)
    assert len(commands) == 2
    for line in commands:
        done = bench(*shlex.split(line)[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_is_a_plan_that_works(tmp_path: Path, line: str) -> None:
    for seed, name in enumerate(("photos", "noisy", "clean", "first", "second", "many")):
        make_images(tmp_path / "my" / name, 2, side=96, seed=seed)
    for path in (tmp_path / "my" / "noisy").iterdir():
        noise = np.random.default_rng(0).normal(120.0, 20.0, (96, 96)).clip(0, 255)
        Image.fromarray(noise.astype(np.uint8)).save(path)
    if "many.pack" in line:
        bench("datasets", "pack", "my/many", "--out", "many.pack", cwd=tmp_path)
    arguments = shlex.split(line)[1:]
    dry = ["--dry-run"] if arguments[0] != "list" else []
    done = bench(*arguments, *dry, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("folder", METHODS, ids=lambda folder: folder.name)
def test_each_method_says_how_to_run_it_and_what_it_reaches(folder: Path) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert "bench run --method" in text
    assert re.search(r"arXiv|no paper", text)
    assert "dB" in text
    assert folder.name in (ROOT / "setup.cfg").read_text(encoding="utf-8")
