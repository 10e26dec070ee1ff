"""The wheel holds everything the packages hold, and works where there is no checkout."""

import configparser
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command printed; it must succeed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8", **environment},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def source_files() -> list[Path]:
    """What git keeps, and what is new and not ignored; relative to the root."""
    listed = run("git", "ls-files", "-z", "-co", "--exclude-standard", cwd=ROOT).split("\0")
    return [Path(name) for name in listed if name and (ROOT / name).is_file()]


def package_folders() -> dict[str, Path]:
    """Top-level package -> its folder, by setup.cfg."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings["options"]["package_dir"].strip().splitlines()
    return {
        name.strip(): Path(folder.strip()) for name, _, folder in (x.partition("=") for x in lines)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that the checkout stays clean."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for file in source_files():
        (source / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / file, source / file)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the wheel, and nothing else, is installed."""
    target = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "install", "-q", "--no-deps", "--no-index", "-t", target, wheel, cwd=target.parent)
    return target


def test_the_wheel_has_every_file_of_every_package(wheel: Path):
    packed = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"{package}/{file.relative_to(folder).as_posix()}"
        for package, folder in package_folders().items()
        for file in source_files()
        if file.is_relative_to(folder)
    }
    assert sorted(expected - packed) == []


def test_the_wheel_has_the_data_and_the_type_markers(wheel: Path):
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {f"{package}/py.typed" for package in package_folders()} <= packed
    data = {"catalog.csv", "samples.csv", "shares.csv"}
    assert {f"denoisebench_datasets/public/{name}" for name in data} <= packed
    published = "denoisebench_reports/published/"
    assert f"{published}noise2score_table2.csv" in packed
    assert "denoisebench/noise_models/font.txt" in packed


def test_the_wheel_brings_only_our_own_top_level_names(wheel: Path):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(package_folders())
    assert not tops & {"benchmark", "datasets", "examples", "methods", "reports", "tests"}


def test_every_package_folder_is_in_the_packages_of_setup_cfg():
    roots = {folder.parts[0] for folder in package_folders().values()}
    folders = {file.parent for file in source_files() if file.name == "__init__.py"}
    ours = {folder for folder in folders if folder.parts and folder.parts[0] in roots}
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    packages = settings["options"]["packages"].split()
    bases = package_folders()
    listed = {bases[name.split(".")[0]].joinpath(*name.split(".")[1:]) for name in packages}
    assert ours == listed


def test_bench_runs_from_the_wheel_outside_the_checkout(installed: Path, tmp_path: Path):
    own = {"PYTHONPATH": str(installed)}
    loaded = "from importlib.metadata import distribution; import denoisebench, sys\n"
    loaded += "for entry in distribution('denoisebench').entry_points: entry.load()\n"
    loaded += "for name in sys.argv[1:]: print(sys.modules[name].__file__)"
    files = run(sys.executable, "-c", loaded, *package_folders(), cwd=tmp_path, **own).split()
    assert all(Path(file).is_relative_to(installed) for file in files), files

    bench = [sys.executable, "-c", "from denoisebench.cli import main; main()"]
    asked = ["run", "--method", "identity", "--noise", "gaussian:25", "--datasets", "samples"]
    table = run(*bench, *asked, cwd=tmp_path, **own)
    assert re.search(r"^samples +2\d\.\d\d", table, re.M), table
    assert (tmp_path / "results" / "table.txt").is_file()


def test_the_wheel_installs_the_command_bench(installed: Path, tmp_path: Path):
    bench = next((installed / "bin").glob("bench*"))
    assert "compare" in run(bench, "--help", cwd=tmp_path, PYTHONPATH=str(installed))
