"""Bad input gets one clear line on stderr, exit status 2, and nothing is lost."""

import json
from pathlib import Path

import pytest
from bench import bench, make_images

RUN = ("run", "--method", "identity")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "--method", "noise2scor"), "unknown method 'noise2scor'; did you mean 'noise2s"),
        ((*RUN, "--noise", "gausian:25"), "did you mean 'gaussian'?"),
        ((*RUN, "--datasets", "set-12"), "unknown data set 'set-12'; did you mean 'set12'?"),
        ((*RUN, "--noise", "gaussian:-3"), "σ (standard deviation, 0-255 units) must lie in"),
        ((*RUN, "--noise", "gaussian:abc"), "'abc' is not a number"),
        ((*RUN, "--noise", "gaussian:nan"), "'nan' is not a number"),
        ((*RUN, "--noise", "gaussian:50..5"), "runs backwards; write 5..50"),
        ((*RUN, "--noise", "gaussian"), "give one σ, as in gaussian:5"),
        ((*RUN, "--noise", "gaussian:25,,gamma:100"), "has an empty item"),
        ((*RUN, "--datasets", "folder:nowhere"), "nowhere"),
        ((*RUN, "--format", "tabel"), "unknown report 'tabel'; did you mean 'table'?"),
        ((*RUN, "--weights", "none", "--config", "none.toml"), "No such file"),
        (("run", "--method", "noise2score:prob=single"), "did you mean 'probe'?"),
        (("run", "--method", "noise2score:probe=double"), "noise2score.probe: 'double' is none of"),
        (("run", "--method", "noise2score:probe_end=x"), "noise2score.probe_end: 'x' is not a num"),
        (
            ("run", "--method", "noise2score", "--weights", "x.safetensors"),
            "x.safetensors: No such",
        ),
        ((*RUN, "--plugin", "absent.py"), "plugin 'absent.py' does not load: there is no such"),
        ((*RUN, "--noise", "gaussian:25,gaussian:25.0"), "gaussian:25 is named twice"),
        (
            (*RUN, "--parameters", "both"),
            "give known, unknown or oracle",
        ),
        (("run",), "no method is given: give --method M, or --preset NAME"),
        (("ran",), "No such command 'ran'"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = bench(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith(("bench:", "Error:"))]
    assert len(lines) == 1


def test_a_refusal_is_short_and_does_not_steer_the_terminal(tmp_path: Path) -> None:
    done = bench("run", "--method", f"a\x1b]0;b\x07::{'c' * 9_000}", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("bench: 'a\\x1b]0;b\\x07::ccc")
    assert " [...] ccc" in done.stderr
    assert len(done.stderr) < 1_100


def test_an_unreadable_image_is_named(tmp_path: Path) -> None:
    folder = make_images(tmp_path / "photos", 2)
    (folder / "1.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    done = bench(*RUN, "--datasets", "folder:photos", cwd=tmp_path)
    assert done.returncode == 2
    assert "1.png" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_file_where_the_output_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("precious")
    done = bench(*RUN, cwd=tmp_path)
    assert done.returncode == 2
    assert "results is a file; give a folder" in done.stderr
    assert (tmp_path / "results").read_text() == "precious"


def test_a_corrupt_weights_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0not a header....")
    done = bench("run", "--method", "noise2score", "--weights", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 2
    assert "damaged, or not a denoisebench weights file" in done.stderr


def test_overlapping_sets_are_refused_with_both_files_named(tmp_path: Path) -> None:
    make_images(tmp_path / "a", 3)
    make_images(tmp_path / "b", 2, seed=1)
    (tmp_path / "b" / "copy.png").write_bytes((tmp_path / "a" / "2.png").read_bytes())
    done = bench(
        *("run", "--method", "noise2noise", "--train-set", "folder:a", "--datasets", "folder:b"),
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "folder:a/2.png and folder:b/copy.png" in done.stderr


def test_a_broken_plugin_file_is_named_and_a_config_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('out of luck')\n")
    done = bench("list", "methods", "--plugin", "broken.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "plugin 'broken.py' does not load: RuntimeError: out of luck" in done.stderr

    make_images(tmp_path / "photos", 1)
    (tmp_path / "run.toml").write_text('noise = ["gaussian:10"]\ndatasets = "folder:photos"\n')
    done = bench(*RUN, "--config", "run.toml", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "gaussian:10" in done.stdout
    (tmp_path / "run.toml").write_text("nois = 1\n")
    done = bench(*RUN, "--config", "run.toml", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown setting 'nois'" in done.stderr


def test_weights_without_a_recipe_are_refused(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    from denoisebench.training.weights_file import KEY

    header: dict[str, object] = {"recipe": {}, "images": {}, "outcome": {}}
    save_file({"w": torch.zeros(1)}, tmp_path / "w.safetensors", {KEY: json.dumps(header)})
    done = bench("run", "--method", "noise2score", "--weights", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 2
    assert "Object missing required field `method` - at `$.recipe`" in done.stderr


PLUGIN = """
from dataclasses import dataclass
from denoisebench.plugin import UntrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    pass

class Mine(UntrainedMethod):
    name, summary, config_type = "mine", "mine", Config

    def denoise(self, config, task, noisy, level):
        return noisy

@hookimpl
def register_methods():
    return [Mine()]
"""

NOISE = """
from denoisebench.plugin import NoiseFamily, hookimpl

class Mine(NoiseFamily):
    name, summary, symbol, unit = "mine", "mine", "s", "1"
    lowest, highest, blind = 0.1, 10.0, (1.0, 2.0)

    def parse(self, spec):
        raise KeyError("boom")

    def sample(self, clean, level, stream):
        return clean

@hookimpl
def register_noise_models():
    return [Mine()]
"""


def test_a_plugin_that_fails_before_any_cell_is_named_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(NOISE)
    run = ("run", "--plugin", "mine.py", "--method", "tv", "--noise", "mine:1")
    done = bench(*run, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == "bench: a plugin raised KeyError: 'boom', in mine.py:9 (parse)\n"
    told = bench(*run, "--traceback", cwd=tmp_path)
    assert told.returncode == 1
    assert told.stderr.startswith("Traceback (most recent call last)")
    assert told.stderr.endswith(done.stderr)


def test_a_config_that_is_no_dataclass_is_refused_when_the_plugin_loads(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(PLUGIN.replace('"mine", Config', '"mine", object'))
    done = bench("run", "--plugin", "mine.py", "--method", "mine", cwd=tmp_path)
    assert done.returncode == 2
    assert "config_type of Mine is <class 'object'>, in mine.py:9: give a class" in done.stderr
    assert "Traceback" not in done.stderr
