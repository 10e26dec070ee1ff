"""Every command of docs/image-alone.md runs, with fewer steps."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from PIL import Image

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "image-alone.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (bench .*)$", PAGE, re.MULTILINE)


def test_each_verb_that_denoises_has_a_command() -> None:
    assert {command.split()[1] for command in COMMANDS} == {"denoise", "run", "compare", "rank"}


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, tmp_path: Path) -> None:
    make_images(tmp_path / "my" / "clean", 2)
    clean = np.asarray(Image.open(tmp_path / "my" / "clean" / "0.png"), np.float64)
    noisy = clean + np.random.default_rng(0).normal(0.0, 25.0, clean.shape)
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(tmp_path / "my" / "photo.png")
    quick = re.sub("zs-n2n|noise2fast", r"\g<0>:steps=3", command)
    done = bench(*shlex.split(quick)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search("(zs-n2n|noise2fast):steps=3", re.sub(r"\s+(?=:steps)", "", done.stdout))
