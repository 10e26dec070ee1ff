"""Settings of the executors for many machines are checked before anything starts."""

import socket
from pathlib import Path

import pytest

from denoisebench.errors import UserError
from denoisebench.executors import ray_cluster, settings
from denoisebench.executors.ray_cluster import RayCrew
from denoisebench.executors.slurm import SlurmCrew
from denoisebench.plugin.executor import Crew, WorkerCommand
from denoisebench.registry.loader import load

REGISTRIES = load()


def crew(monkeypatch: pytest.MonkeyPatch, text: str) -> Crew:
    """The crew of a spec, as if all packages were there."""
    monkeypatch.setattr(settings, "find_spec", lambda _: object())
    return REGISTRIES.crew(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ray", RayCrew()),
        ("ray:head:6379:workers=8", RayCrew("head:6379", workers=8)),
        ("ray:ray://head:10001:gpus=0.25", RayCrew("ray://head:10001", gpus=0.25)),
        (
            "slurm:partition=gpu:gpus=1:time=2d",
            SlurmCrew(partition="gpu", gpus=1, time="2d"),
        ),
    ],
)
def test_settings_stand_after_the_kind(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: Crew
) -> None:
    assert crew(monkeypatch, text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ray:workers=2000", "ray.workers: '2000' is not in 0..1024"),
        ("ray:gpus=1.5", "ray.gpus: 1.5 is above 1 and not whole; give 1 or 0.5, say"),
        ("ray:cores=2", "unknown setting of ray 'cores'; did you mean 'workers'?"),
        ("slurm:gpu", "slurm:gpu: 'gpu' is not key=value"),
        ("slurm:time=4", "slurm.time: '4' is no time; give 30m, 4h or 2d, say"),
        ("slurm:time=0h", "slurm.time: '0h' is no time; give 30m, 4h or 2d, say"),
        ("slurm:gpus=-1", "slurm.gpus: '-1' is not in 0..64"),
    ],
)
def test_wrong_settings_are_refused(monkeypatch: pytest.MonkeyPatch, text: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        crew(monkeypatch, text)
    assert str(refused.value) == said


@pytest.mark.parametrize(("kind", "package"), [("ray", "ray"), ("slurm", "submitit")])
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, kind: str, package: str
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(settings, "find_spec", asked.append)
    with pytest.raises(UserError) as refused:
        REGISTRIES.crew(kind)
    assert asked == [package]
    install = f"pip install 'denoisebench[{kind}]'"
    assert str(refused.value) == f"--workers {kind} needs the package {package}: {install}"


def test_an_address_where_nothing_listens_is_refused() -> None:
    with socket.socket() as bound:  # and does not listen
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(UserError, match=f"no cluster answers at ray://{address}; give the"):
            ray_cluster.look_for(f"ray://{address}")


def test_room_is_counted_machine_by_machine() -> None:
    cpus = [{"Alive": True, "Resources": {"CPU": n}} for n in (3.0, 5.0)]
    gone = {"Alive": False, "Resources": {"CPU": 64.0}}
    assert RayCrew(threads=2).room([*cpus, gone]) == 3
    gpus = [{"Alive": True, "Resources": {"CPU": 64.0, "GPU": 3.0}}]
    assert RayCrew(gpus=2.0).room(gpus) == 1
    assert RayCrew(gpus=0.4).room(gpus) == 6
    with pytest.raises(UserError, match="no machine of the cluster has 2 CPUs and 1 GPUs"):
        RayCrew(gpus=1.0).room(cpus)


def test_a_worker_that_does_not_see_the_folder_of_results_refuses(tmp_path: Path) -> None:
    away = WorkerCommand((), tmp_path, tmp_path / "results" / ".workers-1", "")
    assert f"does not see {tmp_path / 'results'}; all workers need one folder" in away.run()
    elsewhere = WorkerCommand((), tmp_path / "gone", Path(__file__), "")
    assert f"does not see {tmp_path / 'gone'}; " in elsewhere.run()
