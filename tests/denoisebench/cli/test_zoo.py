"""`bench zoo` and `--weights zoo`, as they are typed."""

import csv
import io
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from bench import bench, bench_process, make_images
from stranger import RECIPE, install, put_weights
from torch import nn

from denoisebench.training.weights_file import file_hash, load_into, read_header, write_weights

NO_TORCH = "import sys; sys.modules['torch'] = None\n"
OWN = """
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.recipe import Recipe

SETTINGS = {
    "method": "noise2noise", "noise": "gaussian:25", "parameters": "known", "channels": "gray",
    "train-set": "folder:train", "draws": "fixed", "seed": "0", "budget": "smoke",
}

@hookimpl
def register_recipes():
    longer = SETTINGS | {"start": "noise2noise/tiny", "steps": "5"}
    return [Recipe("noise2noise/tiny", SETTINGS), Recipe("noise2noise/tiny-longer", longer)]
"""
SAME = (
    *("--method", "noise2noise", "--train-set", "folder:train", "--budget", "smoke"),
    *("--weights", "none", "--datasets", "folder:test"),
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Images to train on and to test on, and a plugin with a recipe."""
    make_images(tmp_path / "train", 2, seed=1)
    make_images(tmp_path / "test", 2, seed=2)
    (tmp_path / "own.py").write_text(OWN)
    return tmp_path


def train(*arguments: str, cwd: Path) -> tuple[int, list[str], str]:
    done = bench("zoo", "train", *arguments, cwd=cwd)
    return done.returncode, done.stdout.splitlines(), done.stderr


def row(text: str) -> dict[str, str]:
    (only,) = csv.DictReader(io.StringIO(text))
    return only


def test_list_shows_a_line_for_each_recipe_and_imports_no_torch(place: Path) -> None:
    done = bench_process("zoo", "list", "--plugin", "own.py", cwd=place, before=NO_TORCH)
    assert done.returncode == 0, done.stderr
    heads, *lines = done.stdout.splitlines()
    assert heads.split()[:5] == ["name", "noise", "parameters", "channels", "gigapixels"]
    shown = {line.split()[0]: re.split(r"  +", line)[1:] for line in lines}
    assert shown["noise2score/gray-gamma-blind"] == [
        *("gamma:40..120", "unknown", "gray", "0.52", "2.0 MB", "shipped", "cbsd399")
    ]
    assert shown["noise2noise/tiny"] == [
        *("gaussian:25", "known", "gray", "0.00", "–", "recipe only", "folder:train")
    ]
    assert list(shown) == sorted(shown)
    listed = bench("list", "recipes", cwd=place).stdout
    assert re.search(r"^dbsn/gray-gaussian25 +dbsn in gray, gaussian:25, ", listed, re.M)


def test_verify_checks_the_files_that_are_named(place: Path) -> None:
    names = ("noise2noise/gray-gaussian25", "dbsn/gray-gaussian25")
    done = bench("zoo", "verify", *names, cwd=place)
    assert done.returncode == 0, done.stderr
    for name, line in zip(names, done.stdout.splitlines(), strict=True):
        assert line.startswith(f"{name}: SHA-256 and recipe as recorded, ")
        noisy, denoised = re.findall(r"(\d\d\.\d\d) dB", line)
        assert float(denoised) > float(noisy) + 8
    assert not (place / "results").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "supervised/gray-poisson0.01",
            "supervised/gray-poisson0.01 is a recipe only, its weights are not bundled;"
            " `bench zoo train supervised/gray-poisson0.01` trains them",
        ),
        (
            "noise2score/gray-gausian25",
            "unknown recipe 'noise2score/gray-gausian25'; did you mean 'noise2score/gray-gauss",
        ),
    ],
)
def test_what_cannot_be_verified_is_one_line_and_status_2(
    place: Path, name: str, said: str
) -> None:
    done = bench("zoo", "verify", name, cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line


def test_verify_tells_each_file_that_is_not_as_it_should_be(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes = "".join(RECIPE.format(stem=stem) + f'sha256 = "{"0" * 64}"\n' for stem in "ab")
    folder = install(place, monkeypatch, recipes)
    put_weights(folder / "b.safetensors", noise="gaussian:50")
    names = ("shipped/a", "shipped/b")
    done = bench("zoo", "verify", *names, "--plugin", "shipped", cwd=place)
    assert done.returncode == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("shipped/a: WRONG: weights ")
    assert first.endswith("a.safetensors: No such file or directory")
    assert second.startswith("shipped/b: WRONG: its SHA-256 is ")
    assert "; WRONG: its header says noise gaussian:50; the recipe says gaussian:25" in second
    listed = bench("zoo", "list", "--plugin", "shipped", cwd=place).stdout
    assert re.search(r"^shipped/a .* – +missing ", listed, re.M)
    assert re.search(r"^shipped/b .* another file ", listed, re.M)


def test_train_makes_the_training_of_run_once_and_says_what_came_of_it(place: Path) -> None:
    status, said, err = train("noise2noise/tiny", "--plugin", "own.py", cwd=place)
    assert status == 0, err
    assert "training noise2noise on folder:train in gray, gaussian:25" in err
    path = place / "results" / "zoo" / "noise2noise" / "tiny.safetensors"
    assert said[0] == "weights  results/zoo/noise2noise/tiny.safetensors"
    assert said[1].startswith(f"SHA-256  {file_hash(path)} (a recipe only: ")
    (folder,) = (place / "results" / "trainings").iterdir()
    assert path.stat().st_size < 0.6 * (folder / "weights.safetensors").stat().st_size

    stamp = (folder / "weights.safetensors").stat().st_mtime_ns
    assert train("noise2noise/tiny", "--plugin", "own.py", cwd=place)[1] == said
    done = bench("run", *SAME, "--format", "csv", cwd=place)
    assert done.returncode == 0, done.stderr
    assert [folder] == list((place / "results" / "trainings").iterdir())
    assert (folder / "weights.safetensors").stat().st_mtime_ns == stamp

    bench_word, *score = shlex.split(said[2].partition("score    ")[2])
    assert bench_word == "bench"
    scored = bench(*score, "--datasets", "folder:test", "--format", "csv", cwd=place)
    assert scored.returncode == 0, scored.stderr
    assert row(scored.stdout)["weights"] == "results/zoo/noise2noise/tiny.safetensors"
    ours, theirs = (float(row(text)["psnr_db"]) for text in (scored.stdout, done.stdout))
    assert ours == pytest.approx(theirs, abs=0.02)  # half precision


def test_train_goes_on_from_a_recipe_whose_weights_are_not_bundled(place: Path) -> None:
    longer = ("noise2noise/tiny-longer", "--plugin", "own.py")
    status, said, err = train(*longer, "--dry-run", cwd=place)
    assert status == 0, err
    assert said[1].startswith("then     noise2noise in gray, gaussian:25, ")
    assert said[1].endswith(", begun from noise2noise/tiny")

    status, said, err = train(*longer, cwd=place)
    assert status == 0, err
    folder = place / "results" / "zoo" / "noise2noise"
    first, last = (folder / f"{stem}.safetensors" for stem in ("tiny", "tiny-longer"))
    assert [line for line in said if line.startswith("weights")] == [
        "weights  results/zoo/noise2noise/tiny.safetensors",
        "weights  results/zoo/noise2noise/tiny-longer.safetensors",
    ]
    begun = read_header(last).recipe
    assert begun.start == file_hash(first)
    assert begun.start_megapixels == read_header(first).recipe.megapixels


def test_a_dry_run_names_the_training_that_run_names_and_computes_nothing(place: Path) -> None:
    status, said, err = train("noise2noise/tiny", "--plugin", "own.py", "--dry-run", cwd=place)
    assert status == 0, err
    planned = bench("run", *SAME, "--dry-run", cwd=place).stdout.splitlines()
    assert said[0] == planned[0]
    assert said[0].startswith("training ")
    assert not (place / "results").exists()


def trained_in_another_time(made: Path, out: Path) -> str:
    """Write the same tensors with another header.  Returns the file's SHA-256."""
    network = nn.Conv2d(1, 1, 3, padding=1, bias=False).half()
    load_into(made, network)
    write_weights(out, network, replace(read_header(made), outcome={"train_s": 1e6}))
    return file_hash(out)


def test_training_anew_compares_the_file_with_the_one_shipped(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = RECIPE.format(stem="a").replace("samples:part=train", "folder:train")
    recipe = recipe.replace("colour", "gray")
    folder = install(place, monkeypatch, recipe)
    recipes = folder.parent / "recipes.toml"
    assert train("shipped/a", "--plugin", "shipped", cwd=place)[0] == 0
    made = place / "results" / "zoo" / "shipped" / "a.safetensors"
    (folder / "a.safetensors").write_bytes(made.read_bytes())
    recipes.write_text(recipe + f'sha256 = "{file_hash(made)}"\n')
    again = train("shipped/a", "--plugin", "shipped", cwd=place)[1]
    assert again[1] == f"SHA-256  {file_hash(made)} (the bundled file)"

    slower = trained_in_another_time(made, folder / "a.safetensors")
    recipes.write_text(recipe + f'sha256 = "{slower}"\n')
    anew = train("shipped/a", "--plugin", "shipped", cwd=place)[1]
    assert f"(the same tensors as the bundled file, {slower}" in anew[1]
    put_weights(folder / "a.safetensors")
    shipped = file_hash(folder / "a.safetensors")
    recipes.write_text(recipe + f'sha256 = "{shipped}"\n')
    other = train("shipped/a", "--plugin", "shipped", cwd=place)[1]
    assert "(other tensors than the bundled file, " in other[1]
    (folder / "a.safetensors").unlink()
    gone = train("shipped/a", "--plugin", "shipped", cwd=place)[1]
    assert f"(the recipe names {shipped}, which is missing)" in gone[1]


def test_train_without_its_images_is_one_line_and_status_2(place: Path) -> None:
    (place / "train").rename(place / "moved")
    status, said, err = train("noise2noise/tiny", "--plugin", "own.py", cwd=place)
    assert (status, said) == (2, [])
    (line,) = err.splitlines()
    assert "train" in line


def test_zoo_weights_are_used_and_named_and_nothing_is_trained(place: Path) -> None:
    call = ("run", "--method", "noise2noise", "--weights", "zoo", "--train-set", "cbsd399")
    done = bench(*call, "--datasets", "folder:test", "--format", "csv", cwd=place)
    assert done.returncode == 0, done.stderr
    assert row(done.stdout)["weights"] == "zoo:gray-gaussian25"
    assert not (place / "results" / "trainings").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("run", "--method", "noise2noise", "--noise", "gaussian:50"),
            "--weights zoo: no bundled weights fit noise2noise for gaussian:50,"
            " parameters known, gray, fixed draws, trained on cbsd399 or samples:part=train, seed"
            " 0 (it has colour-gaussian25, gray-gaussian25); --weights auto trains what is missing",
        ),
        (("compare", "--methods", "identity,noise2void,sure"), "(it has none); sure for gauss"),
        (("sweep", "--method", "noise2noise", "--noise", "gaussian:5..50"), "--weights auto"),
        (("rank", "--methods", "sure", "--noise", "gaussian:25"), "fit sure for gaussian:25"),
        (("run", "--method", "tv", "--steps", "5"), "--weights zoo trains nothing; give one of"),
        (("run", "--method", "tv", "--budget", "quick"), "are of a training and --weights zoo"),
        (("rank", "--methods", "tv", "--crop", "32"), "are of a training and --weights zoo"),
        (("run", "--method", "tv", "--start", "a"), "--start needs a training and --weights"),
        (("run", "--method", "tv", "--oracle-checkpoint"), "--oracle-checkpoint is of a training"),
    ],
    ids=lambda value: "-".join(value[:1] + value[-2:]) if isinstance(value, tuple) else "",
)
def test_what_the_zoo_does_not_have_is_one_line_before_anything_runs(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = bench(*arguments, "--weights", "zoo", "--datasets", "folder:test", cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
    assert not list((place / "results").glob("*"))
