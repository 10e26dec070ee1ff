"""`--preset` and `--channels`, as they are typed."""

import csv
import io
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from PIL import Image

PRESET = "gauss25-n2n-gray"
SETTINGS = "--method noise2noise --noise gaussian:25 --parameters known --channels gray --steps 7"
PLUGIN = f"""
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.preset import Preset

WORDS = {SETTINGS!r}.replace("--", "").split()

@hookimpl
def register_presets():
    return [
        Preset("{PRESET}", "a preset", dict(zip(WORDS[::2], WORDS[1::2]))),
        Preset("colour", "another", {{"method": "identity", "channels": "colour"}}),
        Preset("levels", "without a method", {{"noise": "gaussian:10,gaussian:20"}}),
    ]
"""
TRAIN = ("--train-set", "samples:part=train")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A plugin with three presets, and a folder of images in colour."""
    (tmp_path / "mine.py").write_text(PLUGIN)
    make_images(tmp_path / "gray", 2)
    (tmp_path / "photos").mkdir()
    rng = np.random.default_rng(0)
    for number in range(2):
        pixels = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    return tmp_path


def run(*arguments: str, cwd: Path) -> tuple[int, str, str]:
    done = bench("run", "--plugin", "mine.py", *arguments, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def planned(text: str) -> list[str]:
    """The data sets of a dry run's cells."""
    return re.findall(r"^cell .*? on (\S+) \(", text, re.M)


def test_a_preset_plans_what_the_command_that_it_prints_plans(place: Path) -> None:
    status, out, _ = run("--preset", PRESET, *TRAIN, "--dry-run", cwd=place)
    assert status == 0
    first, _, plan = out.partition("\n")
    assert first == f"preset {PRESET} is: bench run {SETTINGS}"
    plain = shlex.split(first.partition(": bench run ")[2])
    assert run(*plain, *TRAIN, "--dry-run", cwd=place)[:2] == (0, plan)
    assert "7 steps" in plan


def test_options_that_say_the_same_may_stand_beside_a_preset(place: Path) -> None:
    call = ("--preset", PRESET, *TRAIN, "--dry-run")
    same = ("--method", "noise2noise:loss=auto", "--noise", "gaussian:25.0", "--steps", "07")
    assert run(*call, *same, cwd=place) == run(*call, cwd=place)


def test_a_run_says_on_stderr_what_its_preset_is(place: Path) -> None:
    call = ("--preset", "colour", "--datasets", "folder:photos", "--format", "csv")
    status, out, err = run(*call, cwd=place)
    assert status == 0, err
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["method"], row["dataset"]) == ("identity", "folder:photos")
    assert "preset colour is: bench run --method identity --channels colour\n" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--preset", PRESET, "--noise", "gaussian:50"),
            f"--preset {PRESET}: it sets --noise gaussian:25, and --noise gaussian:50 was given;"
            " leave one of them out",
        ),
        (
            ("--preset", PRESET, "--method", "noise2noise:loss=mae"),
            "it sets --method noise2noise, and --method noise2noise:loss=mae was given;",
        ),
        (("--preset", PRESET, "--steps", "8"), "it sets --steps 7, and --steps 8 was given;"),
        (
            ("--preset", PRESET, "--config", "noise.toml"),
            "it sets --noise gaussian:25, and --noise gaussian:50 was given;",
        ),
        (
            ("--preset", "levels", "--method", "identity", "--noise", "gaussian:10"),
            "it sets --noise gaussian:10,gaussian:20, and --noise gaussian:10 was given;",
        ),
        (
            ("--preset", "colour", "--datasets", "kodak,set12"),
            "--preset colour: data set set12 is gray and has no version for --channels colour;",
        ),
        (("--preset", "couleur"), "unknown preset 'couleur'; did you mean 'colour'?"),
        (("--preset", "levels"), "give --method M, or --preset NAME that sets one"),
        (
            ("--method", "identity", "--channels", "colour", "--datasets", "folder:gray"),
            "data set folder:gray is gray and has no version for --channels colour; give a colour",
        ),
        (
            ("--method", "identity", "--channels", "gray", "--datasets", "pairs:photos:photos"),
            "is colour and has no version for --channels gray; give a gray set",
        ),
    ],
)
def test_what_cannot_go_together_is_one_line(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    (place / "noise.toml").write_text('noise = "gaussian:50"\n')
    status, out, err = run(*arguments, "--dry-run", cwd=place)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line


def test_a_settings_file_may_name_a_preset(place: Path) -> None:
    (place / "run.toml").write_text(f'preset = "{PRESET}"\nnoise = ["gaussian:25"]\n')
    call = (*TRAIN, "--dry-run")
    assert run("--config", "run.toml", *call, cwd=place) == run(
        "--preset", PRESET, *call, cwd=place
    )


@pytest.mark.parametrize("verb", [("run", "--method"), ("compare", "--methods")])
def test_gray_channels_score_and_train_on_gray_versions(place: Path, verb: tuple[str, str]) -> None:
    call = (*verb, "noise2noise", *TRAIN, "--dry-run", "--datasets")
    done = bench(*call, "kodak,set12,samples,folder:photos", "--channels", "gray", cwd=place)
    assert done.returncode == 0, done.stderr
    grays = ["kodak-gray", "set12", "samples-gray", "folder:photos:channels=gray"]
    assert planned(done.stdout) == grays
    (training,) = re.findall(r"^training (.*)$", done.stdout, re.M)
    assert "on samples:part=train in gray" in training
    assert bench(*call, ",".join(grays), cwd=place).stdout == done.stdout


def test_presets_are_listed_with_what_they_are(place: Path) -> None:
    done = bench("list", "presets", "--plugin", "mine.py", cwd=place)
    assert re.search(rf"^{PRESET} +a preset$", done.stdout, re.M)
