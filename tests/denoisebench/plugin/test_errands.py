"""Work that is sent to a machine without the folder of results: what comes back is what one process
alone computes."""

import json
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from safetensors.numpy import load_file
from stranger import PLUGIN

from denoisebench.plugin.errand import inputs_of
from denoisebench.plugin.executor import WorkerCommand

ELSEWHERE = '''
import pickle

from denoisebench.plugin import Crew, Executor, hookimpl
from denoisebench.plugin.errand import Errand, inputs_of, together


class Machine(Crew):
    """One machine that sees nothing of this one: all that goes there is pickled."""

    def run(self, command, units, progress):
        inputs, failures = inputs_of(command), []
        parcels = together(command.parcels, 1)
        print("parcels:", *(len(parcel.units) for parcel in parcels), "of", units, "units")
        print("brought:", *(path.name for parcel in parcels for path in parcel.brings))
        for parcel in parcels:
            errand = pickle.loads(pickle.dumps(Errand.of(command, parcel)))
            delivery = errand.run(inputs, lambda line: None, {})
            delivery.store(command.mark.parent)
            failures += [delivery.failure] if delivery.failure else []
        return failures


class Elsewhere(Executor):
    name, summary = "elsewhere", "a machine without a drive in common"

    def crew(self, spec):
        return Machine()


@hookimpl
def register_executors():
    return [Elsewhere()]
'''

CALL = ("compare", "--methods", "identity,tv,shipped", "--noise", "gaussian:25", "--quiet")
CALL = (*CALL, "--plugin", "elsewhere.py", "--plugin", "shipped.py", "--weights", "none")
CALL = (*CALL, "--datasets", "folder:test", "--train-set", "folder:train")
SHORT = (*CALL, "--steps", "2", "--batch", "2", "--crop", "32")
AWAY = (*SHORT, "--workers", "elsewhere")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_images(tmp_path / "train", 2, seed=1)
    make_images(tmp_path / "test", 2, seed=2)
    (tmp_path / "shipped.py").write_text(PLUGIN.partition("@hookimpl\ndef register_recipes")[0])
    (tmp_path / "elsewhere.py").write_text(ELSEWHERE)
    return tmp_path


def run(folder: Path, *arguments: str) -> str:
    done = bench(*arguments, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def figures(out: Path) -> dict[str, object]:
    """What cells say, but for times, by id."""
    cells = {path.stem: json.loads(path.read_text()) for path in sorted(out.glob("cells/*.json"))}
    return {
        id_: [{**score, "denoise_s": 0} for score in cell["scores"]] for id_, cell in cells.items()
    }


def weights(out: Path) -> list[dict[str, np.ndarray]]:
    return [load_file(path) for path in sorted(out.glob("trainings/*/weights.safetensors"))]


def test_what_comes_back_is_what_one_process_computes(folder: Path) -> None:
    said = run(folder, *AWAY, "--out", "away")
    assert said.startswith("parcels: 2 2 of 4 units\nbrought:\n")  # a training with its cell
    run(folder, *SHORT, "--out", "alone")
    assert len(figures(folder / "away")) == 3
    assert figures(folder / "away") == figures(folder / "alone")
    [away], [alone] = (weights(folder / name) for name in ("away", "alone"))
    assert away.keys() == alone.keys()
    assert all((away[name] == alone[name]).all() for name in away)
    assert not list((folder / "away").glob("claims/*"))


def test_a_finished_training_is_sent_and_not_repeated(folder: Path) -> None:
    run(folder, *AWAY)
    [weights] = folder.glob("results/trainings/*/weights.safetensors")
    written = weights.stat().st_mtime_ns
    for path in folder.glob("results/cells/*.json"):
        path.unlink()
    said = run(folder, *AWAY)
    assert "weights.safetensors" in said.splitlines()[1]
    assert weights.stat().st_mtime_ns == written
    assert len(figures(folder / "results")) == 3


def test_other_images_there_are_refused(folder: Path) -> None:
    (folder / "elsewhere.py").write_text(
        ELSEWHERE.replace("inputs_of(command), []", "{p: b'' for p in inputs_of(command)}, []")
    )
    done = bench(*AWAY, cwd=folder)
    assert done.returncode == 2
    assert "4 of 4 units of work are left, which the same command goes on with; ended with status"
    assert not list(folder.glob("results/cells/*.json"))


def test_inputs_are_the_files_and_folders_that_arguments_name(folder: Path) -> None:
    (folder / "results").mkdir()
    (folder / "results" / "big.bin").touch()
    arguments = ("--plugin=shipped.py", "--datasets", "kodak,folder:test", "--out", "results")
    arguments = (*arguments, "--start", str(folder / "elsewhere.py"))
    command = WorkerCommand(arguments, folder, folder / "results" / "mark", "")
    assert [str(path) for path in inputs_of(command)] == [
        *("shipped.py", "test/0.png", "test/1.png"),
    ]
