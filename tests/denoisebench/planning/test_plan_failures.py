"""A method whose code fails while plans are made loses its own cells, and no other method's."""

from pathlib import Path

import pytest
from bench import bench

import denoisebench
from denoisebench.results.tracebacks import traceback_path

SOURCE = '''
from dataclasses import dataclass, replace
from denoisebench.plugin import Evidence, TrainedMethod, hookimpl

@dataclass(frozen=True)
class Config:
    """It has no settings."""

class Broken(TrainedMethod):
    name, summary, config_type = "brk", "it breaks", Config

    def evidence(self, config):
        return Evidence.NOISY

    def network(self, config, task):
        from torch import nn

        return nn.Conv2d(task.channels, task.channels, 3, padding=1)

    def loss(self, model, batch, moment, rng):
        return (model.network(batch.noisy) - batch.noisy).square().mean(dim=(1, 2, 3))

    def denoise(self, model, noisy, level):
        return model.network(noisy)

    def warns(self, config, task):
        return None

    def trained_as(self, config):
        return config

    def blind_noise(self, config, noise):
        return noise.blind_range()

    def passes_per_patch(self, config):
        return 1

    def declines(self, config, task):
        return None

@hookimpl
def register_methods():
    return [Broken()]
'''

ASKED = ("--plugin", "brk.py", "--methods", "identity,brk", "--datasets", "samples-gray")


def write(folder: Path, old: str, new: str) -> int:
    """The plugin with a function broken; returns the line of the change."""
    before, found, after = SOURCE.partition(old)
    assert found
    (folder / "brk.py").write_text(before + new + after)
    return before.count("\n") + 1 + new[: new.rfind("raise") + 1].count("\n")


@pytest.mark.parametrize(
    ("old", "function", "more"),
    [
        ("return Evidence.NOISY", "evidence", ()),
        ("return None\n\n    def trained_as", "warns", ()),
        ("return config\n", "trained_as", ()),
        ("return noise.blind_range()", "blind_noise", ("--parameters", "unknown")),
        ("return 1", "passes_per_patch", ()),
        ("return None\n\n@hookimpl", "declines", ()),
    ],
)
def test_the_other_methods_continue_and_the_line_is_named(
    tmp_path: Path, old: str, function: str, more: tuple[str, ...]
) -> None:
    ends = old.removeprefix("return None") if old.startswith("return None\n") else ""
    line = write(tmp_path, old, f"raise RuntimeError('no luck'){ends}")
    done = bench("compare", *ASKED, "--budget", "smoke", *more, cwd=tmp_path)
    assert done.returncode == 1
    said = f"brk raised RuntimeError: no luck, in brk.py:{line} ({function})"
    assert f"brk on samples-gray, gaussian:25: {said}\n" in done.stderr
    assert "identity" in done.stdout
    planned = bench("compare", *ASKED, "--dry-run", *more, cwd=tmp_path)
    assert planned.returncode == 1
    assert said in planned.stderr
    assert "cell" in planned.stdout


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("return Evidence.NOISY", "return 'noisy'", "evidence returned 'noisy', in brk.py:{}: "
         "return Evidence.NOISY"),
        ("return Evidence.NOISY", "return None", "evidence returned None, in brk.py:{}: "
         "return one of Evidence, as Evidence.NOISY"),
        ("return 1", "return 2.5", "passes_per_patch returned 2.5, in brk.py:{}: "
         "return a whole number, 1 or more"),
        ("return 1", "return 0", "passes_per_patch returned 0, in brk.py:{}: "
         "return a whole number, 1 or more"),
        ("return config\n", "return None\n", "trained_as returned None, in brk.py:{}: "
         "return a Config, as dataclasses.replace(config, ...)"),
        ("return None\n\n@hookimpl", "return False\n\n@hookimpl", "declines returned False, in "
         "brk.py:{}: return a reason in words, or None"),
    ],
)  # fmt: skip
def test_a_wrong_answer_is_named_by_its_line_with_what_to_return(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    line = write(tmp_path, old, new) - 1  # that of the def
    done = bench("compare", *ASKED, "--budget", "smoke", cwd=tmp_path)
    assert done.returncode == 1
    assert f"brk: {said.format(line)}\n" in done.stderr
    assert "identity" in done.stdout


def test_a_batch_that_cannot_be_divided_is_refused_before_anything_is_computed(
    tmp_path: Path,
) -> None:
    write(tmp_path, "return 1", "return 3")
    done = bench("compare", *ASKED, "--budget", "smoke", "--dry-run", cwd=tmp_path)
    assert done.returncode == 2
    assert (
        "brk costs 3 passes over each patch: --batch 4 is no multiple of that; give --batch 3"
        in (done.stderr)
    )


def test_other_verbs_say_it_in_a_line_too(tmp_path: Path) -> None:
    line = write(tmp_path, "return Evidence.NOISY", "raise RuntimeError('no luck')")
    said = f"brk raised RuntimeError: no luck, in brk.py:{line} (evidence)\n"
    for verb in (
        ("show", "method", "brk", "--plugin", "brk.py"),
        ("sweep", *ASKED),
        ("rank", *ASKED),
        ("run", "--plugin", "brk.py", "--method", "brk"),
    ):
        done = bench(*verb, cwd=tmp_path)
        assert done.returncode == 1, done.stderr
        assert said in done.stderr.replace(" (traceback", "\n(traceback")


def test_python_gets_it_as_an_error_with_its_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "return Evidence.NOISY", "raise RuntimeError('no luck')")
    results = denoisebench.compare(["identity", "brk"], plugins=["brk.py"], datasets="samples-gray")
    (error,) = results.errors
    assert error.method == "brk"
    assert "no luck" in str(error.error)
    assert "in evidence" in traceback_path(Path("results"), error.cell).read_text()
    assert "identity" in results.table()
