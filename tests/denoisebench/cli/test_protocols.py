"""`--protocol`, `--mixed`, `--save-arrays`, `bench list protocols`, `bench show`, as typed."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from bench import bench, make_images
from protocols import PROTOCOLS

from denoisebench.scoring.protocol_text import spelled_out


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_images(tmp_path / "test", 2, seed=2)
    return tmp_path


def test_protocols_are_listed_and_a_table_spells_its_own_out(place: Path) -> None:
    listed = bench("list", "protocols", cwd=place).stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(PROTOCOLS)
    call = ("run", "--method", "identity", "--datasets", "folder:test", "--protocol", "nvlabs")
    done = bench(*call, cwd=place)
    assert done.returncode == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert f"Protocol nvlabs-1: {PROTOCOLS['nvlabs'].summary}." in told


def test_a_dry_run_counts_repeats(place: Path) -> None:
    call = ("run", "--method", "identity", "--datasets", "set12,set14", "--dry-run")
    once = bench(*call, "--channels", "gray", cwd=place)
    many = bench(*call, "--channels", "gray", "--protocol", "nvlabs", cwd=place)
    assert "set14-gray (14 images), gaussian:25: about 7 s" in once.stdout
    assert "set12 (12 images), gaussian:25: about 6 s" in many.stdout
    assert "set14-gray (14 images ×20), gaussian:25: about 2 min" in many.stdout


def test_saved_arrays_are_denoised_images_that_score_as_the_run_says(place: Path) -> None:
    call = ("run", "--method", "tv", "--datasets", "folder:test", "--format", "csv")
    done = bench(*call, "--save-arrays", cwd=place)
    assert "arrays are under results/arrays" in done.stderr
    (denoised,) = (place / "results" / "arrays").rglob("denoised")
    again = bench(
        *("run", "--method", "identity", "--format", "csv"),
        *("--datasets", f"pairs:{denoised.relative_to(place)}:test"),
        cwd=place,
    )
    first, second = (next(iter(csv.DictReader(io.StringIO(run.stdout)))) for run in (done, again))
    assert float(first["psnr_db"]) == pytest.approx(float(second["psnr_db"]), abs=1e-4)


def test_given_noise_and_training_on_what_is_scored_cannot_be_padded(place: Path) -> None:
    (place / "noisy").mkdir()
    for n in range(2):
        np.save(place / "noisy" / f"{n}.npy", np.full((48, 48), 0.5, np.float32))
    call = ("run", "--method", "noise2score", "--protocol", "nvlabs", "--datasets")
    given = bench(*call, "pairs:noisy:test", cwd=place)
    assert given.returncode == 2
    assert "pairs:noisy:test gives its noisy images: give --protocol float" in given.stderr
    own = bench(*call, "folder:test", "--train-set", "test", cwd=place)
    assert own.returncode == 2
    assert "--train-set test trains on the noisy images that are scored" in own.stderr


def test_a_protocol_is_spelled_out_rule_by_rule(place: Path) -> None:
    shown = bench("show", "protocol", "nvlabs", cwd=place).stdout
    told = " ".join(shown.split())
    protocol = PROTOCOLS["nvlabs"]
    for title, words in spelled_out(protocol).items():
        assert f"{title} {words}" in told
    assert all(departure in told for departure in protocol.departures)
    assert all(len(line) <= 100 for line in shown.splitlines())


@pytest.mark.parametrize(
    ("kind", "name", "told"),
    [
        ("method", "tv:weight=1", "spec tv:weight=1 "),
        ("method", "noise2score", "evidence noisy"),
        ("method", "noise2score", "probe paired (or single): the pair ±u, or a single draw"),
        ("method", "noise2score", "network parameters: 988,609 in gray, 991,203 in colour"),
        ("method", "noise2score", "runs 2 times on each patch paper's code https://github.com/cub"),
        ("method", "noise2score", "gaussian:25 known: bsd68 29.12, set12 30.13, cbsd68 30.85"),
        ("method", "tv", "eps 0.0002 (1e-12..1): relative change of the cost"),
        ("noise", "rician:10", "pixels independent variance not told to methods estimate none"),
        ("noise", "gaussian:5..50", "blind range 5..55 in a range levels lie log-evenly"),
        ("dataset", "set12", "images 12, gray"),
    ],
)
def test_a_method_a_noise_and_a_data_set_are_shown(
    place: Path, kind: str, name: str, told: str
) -> None:
    done = bench("show", kind, name, cwd=place)
    assert done.returncode == 0, done.stderr
    assert told in " ".join(done.stdout.split())


def test_what_is_not_there_is_not_shown(place: Path) -> None:
    done = bench("show", "protocol", "nvlab", cwd=place)
    assert done.returncode == 2
    assert done.stderr == "bench: unknown protocol 'nvlab'; did you mean 'nvlabs'?\n"


def test_several_protocols_are_refused_by_what_differs_and_marked_when_mixed(place: Path) -> None:
    call = ("compare", "--methods", "identity,tv", "--datasets", "folder:test")
    call = (*call, "--protocol", "float,float:noisy=8-bit")
    refused = bench(*call, cwd=place)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "differ in noisy image (float, neither clipped nor rounded | clipped" in refused.stderr
    assert not list(place.rglob("*.json"))
    mixed = bench(*call, "--mixed", cwd=place)
    assert mixed.returncode == 0, mixed.stderr
    for label in ("float-1", "float-1:noisy=8-bit"):
        assert f"gaussian:25, parameters known, protocol {label}\n" in mixed.stdout
        assert f"Protocol {label}: " in mixed.stdout
    planned = bench(*call, "--mixed", "--dry-run", cwd=place).stdout
    assert planned.count(", float-1: done") == planned.count(", float-1:noisy=8-bit: done") == 2
