"""The wheel and the sdist, each installed with its dependencies in a new environment, far from the
checkout.  Needs the package index that pip is set up for; without it, these tests are skipped."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KINDS = {"wheel": "*.whl", "sdist": "*.tar.gz"}
PIP = ("-m", "pip", "--disable-pip-version-check")

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that is to know nothing of this checkout and this environment."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "DENOISEBENCH")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=kept, capture_output=True, encoding="utf-8"
    )


def done(*command: object, cwd: Path) -> str:
    """The output of a command that must succeed."""
    ran = run(*command, cwd=cwd)
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and with the wheel that is built from the sdist."""
    place = tmp_path_factory.mktemp("built")
    asked = run(sys.executable, *PIP, "download", "-q", "--no-deps", "click", cwd=place)
    if asked.returncode:
        pytest.skip(f"no package index: {asked.stderr.strip().splitlines()[-1]}")
    listed = done("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (place / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (place / "source" / name).write_bytes((ROOT / name).read_bytes())
    done(sys.executable, "-m", "build", "-o", place / "dist", place / "source", cwd=place)
    return place / "dist"


def test_the_sdist_has_the_licence_and_no_tests(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "CHANGELOG.md", "CITATION.cff", "setup.cfg"} <= names
    assert not [name for name in names if name.startswith(("tests/", "docs/", ".github/"))]
    assert path.stat().st_size < 100e6


def test_the_wheel_describes_itself_with_the_readme_and_its_extras(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        told = archive.read(name).decode()
    assert "Description-Content-Type: text/markdown" in told
    extras = set(re.findall(r"^Provides-Extra: (.*)$", told, re.MULTILINE))
    page = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    assert extras >= {"docs", "zarr", "bio", "ray"}
    assert not [extra for extra in extras - {"test"} if f"`{extra}`" not in page]


@pytest.mark.parametrize("kind", KINDS)
def test_bench_scores_a_method_in_a_new_environment(kind: str, built: Path, tmp_path: Path) -> None:
    (path,) = built.glob(KINDS[kind])
    done(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    python, bench = (tmp_path / "venv" / "bin" / name for name in ("python", "bench"))
    done(python, *PIP, "install", "-q", "-c", ROOT / "constraints.txt", path, cwd=tmp_path)
    (tmp_path / "work").mkdir()
    asked = ("--method", "tv", "--noise", "gaussian:25", "--datasets", "samples")
    table = done(bench, "run", *asked, cwd=tmp_path / "work")
    assert re.search(r"^samples +\d\d\.\d\d +2\d\.\d\d", table, re.MULTILINE), table
    told = done(bench, "doctor", cwd=tmp_path / "work")
    assert str(ROOT) not in told
    where = "import denoisebench; print(denoisebench.__file__)"
    assert str(tmp_path / "venv") in done(python, "-c", where, cwd=tmp_path / "work")
