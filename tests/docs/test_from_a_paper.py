"""docs/from-a-paper.md shows code of its example, which passes `bench check` and trains."""

import re
import textwrap
from pathlib import Path

import pytest
from bench import bench, make_images

from denoisebench.conformance import Check, checks
from denoisebench.registry.loader import import_plugin

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "neighbours.py"
PLUGIN = import_plugin(str(EXAMPLE))
FAST = ("names", "signature", "config", "declines", "loss-seeded", "crops")


def unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def test_its_code_is_that_of_the_example() -> None:
    page = (ROOT / "docs" / "from-a-paper.md").read_text(encoding="utf-8")
    shown = re.findall(r"^ *```python\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    assert len(shown) == 5
    code = unindented(EXAMPLE.read_text(encoding="utf-8"))
    for block in shown:
        assert unindented(textwrap.dedent(block)) in code


def test_each_name_in_its_code_is_defined_there() -> None:
    page = (ROOT / "docs" / "from-a-paper.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^ *```python\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)
    whole = "\n".join(textwrap.dedent(block) for block in blocks)
    for name in ("predicted", "target", "difference", "PAIRS", "size", "first", "pairs", "weight"):
        assert re.search(rf"\b{name}(, \w+)? = |[( ]{name}: |\b{name}, \w+ = ", whole), name
    assert "examples/" not in "\n".join(re.findall(r"^ +bench .*$", page, re.MULTILINE))


@pytest.mark.parametrize("check", [c for c in checks(PLUGIN) if c.id in FAST], ids=str)
def test_the_example_conforms(check: Check) -> None:
    outcome = check.run()
    assert not outcome.failed, outcome


def test_the_two_sub_images_are_of_neighbours() -> None:
    import torch

    rng = torch.Generator().manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    places = torch.stack([rows, columns])[None]
    first, second = PLUGIN.sub_images(places, PLUGIN.drawn_pairs(places, rng))
    assert torch.equal((first - second).abs().sum(dim=1), torch.ones(1, 32, 32))
    assert torch.equal((first / 2).floor(), (second / 2).floor())


def test_the_loss_of_an_identity_is_the_difference_of_neighbours_alone() -> None:
    import torch

    first, second = torch.rand(2, 2, 3, 4, 4)
    loss = PLUGIN.neighbour_loss(first, second, first - second, 2.0)
    assert torch.allclose(loss, (first - second).square().mean(dim=(1, 2, 3)))


def test_the_example_trains(tmp_path: Path) -> None:
    make_images(tmp_path / "train", 2, side=96)
    make_images(tmp_path / "test", 1, seed=1)
    sets = ("--datasets", "folder:test", "--train-set", "folder:train")
    asked = ("--method", "neighbours", "--budget", "smoke", "--steps", "20", *sets)
    done = bench("run", "--plugin", str(EXAMPLE), *asked, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
