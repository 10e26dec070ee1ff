"""`bench list`: what plugins offer."""

from pathlib import Path

import pytest
from bench import bench

from denoisebench.cli.list import KINDS
from denoisebench.registry.loader import HOOKS, load

PLUGIN = """
from denoisebench.plugin import Budget, hookimpl

@hookimpl
def register_budgets():
    return [Budget("night", steps=100_000, batch=16, crop_px=64)]
"""


def test_what_is_not_the_suites_is_listed_with_its_plugin(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN)
    call = ("list", "budgets", "--plugin", "mine.py")
    assert "smoke" in bench(*call, cwd=tmp_path).stdout
    mine = bench(*call, "--mine", cwd=tmp_path).stdout
    assert mine == "night  100000 steps of 16×64², 6554 Mpx [mine.py]\n"
    named = bench("list", "budgets", "--mine", cwd=tmp_path, DENOISEBENCH_PLUGINS="mine.py")
    assert named.stdout == mine


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_listed_under_its_registry_and_word(kind: str) -> None:
    registry, word = KINDS[kind]
    assert word in {word for word, _ in HOOKS.values()}
    assert f"{word} {next(iter(getattr(load(), registry)))}" in load().origins


def test_without_a_kind_all_are_listed(tmp_path: Path) -> None:
    done = bench("list", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [line[:-1] for line in done.stdout.splitlines() if line.endswith(":")] == list(KINDS)
    tv = next(line for line in done.stdout.splitlines() if line.startswith("  tv "))
    assert tv.strip().split()[0] in bench("list", "methods", cwd=tmp_path).stdout


def test_a_folder_is_refused_with_the_module_to_give(tmp_path: Path) -> None:
    bench("new", "noise", "my-own", cwd=tmp_path)
    folder, module = "denoisebench-my-own", "src/denoisebench_my_own/__init__.py"
    for verb in (("list", "noises", "--plugin", folder), ("check", folder)):
        done = bench(*verb, cwd=tmp_path)
        assert done.returncode == 2
        assert "it is a folder; give its module, " in done.stderr
        assert f"{folder}/{module}" in done.stderr
    done = bench("list", "noises", "--plugin", f"{folder}/{module}", cwd=tmp_path)
    assert "my-own" in done.stdout
