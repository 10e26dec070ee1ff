"""What `bench new` writes installs, passes its tests, mypy and ruff: minutes, with `-m slow`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from denoisebench.scaffold.kinds import KINDS, TRAININGS, UNTRAINED
from denoisebench.scaffold.plugin_name import PluginName
from denoisebench.scaffold.writing import write_module, write_package

CORE = Path(__file__).parents[3] / "benchmark"
EACH = [
    *(("method", evidence) for evidence in (UNTRAINED, *TRAININGS)),
    *((kind, UNTRAINED) for kind in KINDS if kind != "method"),
]


def run(*command: str | Path, cwd: Path, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, command)],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "evidence"), EACH)
def test_a_package_installs_and_its_tests_pass(kind: str, evidence: str, tmp_path: Path) -> None:
    made = write_package(PluginName("new-one"), kind, evidence, tmp_path)
    target = tmp_path / "installed"
    offline = ("--no-index", "--no-deps", "--no-build-isolation")
    run("pip", "install", "-q", *offline, "--target", target, made, cwd=tmp_path)
    run("pytest", "-q", "-p", "no:cacheprovider", cwd=made, PYTHONPATH=str(target))


@pytest.mark.slow
def test_all_that_is_written_is_typed_and_formatted(tmp_path: Path) -> None:
    sources = []
    for kind, evidence in EACH:
        name = PluginName(f"{kind}-{evidence}")
        made = write_package(name, kind, evidence, tmp_path)
        file = write_module(name, kind, evidence, tmp_path / "files")
        run("ruff", "check", "--no-cache", ".", cwd=made)
        run("ruff", "format", "--no-cache", "--check", ".", cwd=made)
        run("ruff", "format", "--no-cache", "--check", file, cwd=tmp_path)
        sources += [*(made / "src").rglob("*.py"), file]
    roots = [CORE, *tmp_path.glob("*/src")]
    settings = tmp_path / "mypy.ini"
    settings.write_text("[mypy]\nstrict = True\nignore_missing_imports = True\n", encoding="utf-8")
    typed = (
        "mypy",
        "--config-file",
        settings,
        "--explicit-package-bases",
        "--follow-imports=silent",
    )
    run(*typed, *sources, cwd=tmp_path, MYPYPATH=":".join(map(str, roots)))


@pytest.mark.slow
@pytest.mark.parametrize("found", [True, False])
def test_mypy_passes_by_the_packages_own_settings(found: bool, tmp_path: Path) -> None:
    """Also where mypy does not find the suite, as if it was installed with `pip install -e`."""
    made = write_package(PluginName("new-one"), "method", "noisy", tmp_path)
    run("mypy", "src", cwd=made, **({"MYPYPATH": str(CORE)} if found else {}))
