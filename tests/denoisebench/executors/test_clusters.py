"""Ray's workers and SLURM's, as their packages imitate them: the results of one process alone."""

import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from bench import environment, make_images
from stranger import install

from denoisebench.plugin.worker_process import PROGRAM

pytestmark = pytest.mark.slow

NOISES = ",".join(f"gaussian:{level}" for level in (10, 25, 40, 55))
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
CALL = ("compare", "--methods", "identity,tv,shipped", "--noise", NOISES, "--plugin", "shipped")
CALL = (*CALL, "--datasets", "folder:test", "--train-set", "folder:train", "--weights", "none")
CALL = (*CALL, "--steps", "20", "--batch", "2", "--crop", "32", "--device", "cpu")
LONG = ("run", *CALL[3:], "--method", "shipped", "--steps", "1000000")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with images and a plugin, which Python finds here and in all that starts here."""
    make_images(tmp_path / "train", 2, seed=1)
    make_images(tmp_path / "test", 3, seed=2)
    install(tmp_path, monkeypatch)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture
def one_node(folder: Path) -> Iterator[str]:
    """The address of a Ray cluster of one node, which has one CPU."""
    assert folder.is_dir()  # which its node must find
    pytest.importorskip("ray", reason="needs the package ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        yield cluster.address
    finally:
        cluster.shutdown()


def nodes(address: str) -> int:
    """How many nodes a cluster has."""
    import ray

    ray.init(address, logging_level=logging.ERROR)
    try:
        return sum(node["Alive"] for node in ray.nodes())
    finally:
        ray.shutdown()


@pytest.fixture
def two_nodes(folder: Path) -> Iterator[str]:
    """The address of a Ray cluster of two nodes, each with one CPU."""
    assert folder.is_dir()  # which its nodes must find
    pytest.importorskip("ray", reason="needs the package ray")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        cluster.add_node(num_cpus=1)
        yield cluster.address
    finally:
        cluster.shutdown()


def bench(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(PYTHONPATH=str(folder), OMP_NUM_THREADS="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output(process: "subprocess.Popen[str]") -> str:
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def figures(out: Path) -> dict[str, object]:
    """What cells say, but for times, by id."""
    cells = {path.stem: json.loads(path.read_text()) for path in sorted(out.glob("cells/*.json"))}
    return {
        id_: [{**score, "denoise_s": 0} for score in cell["scores"]] for id_, cell in cells.items()
    }


def weights(out: Path) -> dict[str, bytes]:
    return {path.parent.name: path.read_bytes() for path in out.glob("trainings/*/*.safetensors")}


def check_same(folder: Path, shared: str) -> None:
    output(bench(folder, *CALL, "--out", "alone"))
    assert len(figures(folder / "alone")) == 12
    assert figures(folder / shared) == figures(folder / "alone")
    assert weights(folder / shared).keys() == weights(folder / "alone").keys()
    assert not list((folder / shared).glob("claims/*"))


def test_two_ray_nodes_share_the_work(folder: Path, two_nodes: str) -> None:
    said = output(bench(folder, *CALL, "--out", "ray", "--workers", f"ray:{two_nodes}:threads=1"))
    assert "2 workers on Ray, which has room for 2" in said
    assert said.count("of 12 cells computed here") in (1, 2)  # Ray shows equal lines once
    check_same(folder, "ray")


def test_ray_nodes_without_the_folder_of_results_send_files(folder: Path, one_node: str) -> None:
    """The second node has an empty file system in the place of the folder."""
    address, drive = one_node, folder / "drive"
    drive.mkdir()
    start = f"ray start --address={address} --num-cpus=1 --block"
    apart = f"mount -t tmpfs none {shlex.quote(str(drive))} && {start}"
    node = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", apart],
        env=environment(PYTHONPATH=str(folder), OMP_NUM_THREADS="1", PATH=PATH),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until(lambda: node.poll() is not None or nodes(address) == 2)
        if node.poll() is not None:
            pytest.skip("needs the right to mount a file system (run as root)")
        spec = f"ray:{address}:threads=1"
        said = output(bench(folder, *CALL, "--out", "drive/ray", "--workers", spec))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(node.pid, signal.SIGTERM)
        node.wait()
    assert "files are sent" in said
    check_same(folder, "drive/ray")


def test_submitits_local_jobs_share_the_work(folder: Path) -> None:
    pytest.importorskip("submitit", reason="needs the package submitit")
    spec = "slurm:local=true:workers=2:threads=1:time=10m"
    output(bench(folder, *CALL, "--out", "slurm", "--workers", spec))
    logs = [path.read_text() for path in (folder / "slurm" / "slurm").glob("*_log.err")]
    assert len(logs) == 2
    assert all("of 12 cells computed here" in log for log in logs)
    check_same(folder, "slurm")


@pytest.mark.parametrize("kind", ["ray", "slurm"])
def test_an_interrupt_ends_the_workers_which_leave_checkpoints(
    folder: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    if kind == "ray":
        spec = f"ray:{request.getfixturevalue('two_nodes')}:threads=1"
    else:
        pytest.importorskip("submitit", reason="needs the package submitit")
        spec = "slurm:local=true:workers=2:threads=1:time=10m"
    process = bench(folder, *LONG, "--out", "out", "--workers", spec)
    wait_until(lambda: len(list(folder.glob("out/trainings/*/recipe.json"))) == 2)
    time.sleep(10)  # for the first step
    pids = [claim["pid"] for claim in claims(folder)]
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=100)
    assert process.returncode == 130, said
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert len(list(folder.glob("out/trainings/*/checkpoint.pt"))) == 2
    assert not claims(folder)


def test_a_ray_worker_that_is_killed_is_started_again(folder: Path, two_nodes: str) -> None:
    spec = f"ray:{two_nodes}:threads=1"
    process = bench(folder, *CALL, "--steps", "4000", "--out", "out", "--workers", spec)
    wait_until(lambda: len(claims(folder)) == 2)
    worker = claims(folder)[0]["pid"]
    task = int(Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(task, signal.SIGKILL)
    output(process)
    assert len(figures(folder / "out")) == 12


def claims(folder: Path) -> list[dict[str, Any]]:
    """Who works on what; [] where a claim is just being written."""
    try:
        return [json.loads(path.read_text()) for path in folder.glob("out/claims/*.json")]
    except (OSError, ValueError):
        return []


def wait_until(holds: Callable[[], bool], within_s: float = 100.0) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.2)
