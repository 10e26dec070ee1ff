"""A unit of work is claimed by one process at a time, and a dead process's claim goes to one."""

import errno
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from here import here

from denoisebench.errors import UserError
from denoisebench.execution import claims
from denoisebench.execution.claims import (
    DEAD_S,
    Holder,
    claimed,
    living,
    sweep_claims,
    waited_for,
    waiting_text,
)
from denoisebench.progress import Progress

RACING = Path(__file__).parents[2] / "support" / "racing.py"


def held(out: Path) -> Holder:
    """What this process writes into a claim."""
    with claimed(out, "a", "tv on set12"):
        (claim,) = living(out)
        assert claim.holder is not None
        return claim.holder


def left(out: Path, holder: Holder, unit: str = "a", number: int = 1) -> Path:
    """A claim that a process left behind."""
    path = out / "claims" / f"{unit}.{number}.json"
    path.write_text(json.dumps(asdict(holder)))
    return path


def dead(holder: Holder) -> Holder:
    return replace(holder, started="1")


def test_a_unit_is_claimed_once_and_free_again_afterwards(tmp_path: Path) -> None:
    with claimed(tmp_path, "a", "tv on set12") as first:
        assert first is not None
        with claimed(tmp_path, "a", "tv on set12") as second:
            assert second is None
        with claimed(tmp_path, "b", "nlm on set12") as other:
            assert other is not None
    assert list((tmp_path / "claims").iterdir()) == []
    with claimed(tmp_path, "a", "tv on set12") as again:
        assert again is not None


def test_a_claim_is_released_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), claimed(tmp_path, "a", "tv"):
        raise ZeroDivisionError
    assert living(tmp_path) == []


def test_the_claim_of_a_process_that_ended_is_taken_at_once(tmp_path: Path) -> None:
    path = left(tmp_path, dead(held(tmp_path)))
    assert living(tmp_path) == []
    with claimed(tmp_path, "a", "tv") as claim:
        assert claim is not None
        assert [found.number for found in living(tmp_path)] == [2]
        assert not path.exists()


def test_a_claim_of_another_machine_is_dead_when_it_was_not_touched(tmp_path: Path) -> None:
    path = left(tmp_path, replace(held(tmp_path), machine="elsewhere", host="node7"))
    assert waiting_text(living(tmp_path)).startswith("waiting for tv on set12 (node7, process ")
    os.utime(path, (time.time() - DEAD_S - 60,) * 2)
    with claimed(tmp_path, "a", "tv") as claim:
        assert claim is not None


def test_a_wrong_clock_kills_no_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left(tmp_path, replace(held(tmp_path), machine="elsewhere"))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    with claimed(tmp_path, "a", "tv") as claim:
        assert claim is None


def test_a_claim_that_is_being_written_counts(tmp_path: Path) -> None:
    path = left(tmp_path, held(tmp_path))
    path.write_text("")
    assert waiting_text(living(tmp_path)) == "waiting for another process"
    with claimed(tmp_path, "a", "tv") as claim:
        assert claim is None


def test_a_claim_that_was_not_written_whole_is_soon_dead(tmp_path: Path) -> None:
    path = left(tmp_path, held(tmp_path))
    path.write_text("")
    os.utime(path, (time.time() - 60,) * 2)
    with claimed(tmp_path, "a", "tv") as claim:
        assert claim is not None


def test_a_claim_that_a_full_disk_refuses_is_not_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(claims, "json_text", full)
        with pytest.raises(UserError, match="No space left"), claimed(tmp_path, "a", "tv"):
            pass
    assert list((tmp_path / "claims").iterdir()) == []


def test_of_those_who_find_a_dead_claim_one_takes_it(tmp_path: Path) -> None:
    corpse = dead(held(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        for _ in range(50):
            left(tmp_path, corpse)
            start, ended = threading.Barrier(4), threading.Barrier(4)

            def race(start: threading.Barrier = start, ended: threading.Barrier = ended) -> bool:
                start.wait()
                with claimed(tmp_path, "a", "tv") as claim:
                    ended.wait()
                    return claim is not None

            assert sum(f.result() for f in [pool.submit(race) for _ in range(4)]) == 1


@pytest.mark.slow
def test_of_eight_processes_that_find_a_dead_claim_one_takes_it_each_of_1000_times(
    tmp_path: Path,
) -> None:
    command = [sys.executable, str(RACING), str(tmp_path), "8", "1000"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout) == [1] * 1000


def test_claims_of_the_dead_are_swept_and_others_stay(tmp_path: Path) -> None:
    holder = held(tmp_path)
    left(tmp_path, dead(holder), "a")
    kept = left(tmp_path, holder, "b")
    sweep_claims(tmp_path)
    assert list((tmp_path / "claims").iterdir()) == [kept]


def test_others_see_how_far_the_work_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "BEAT_S", 0.01)
    said = []
    with claimed(tmp_path, "a", "tv on set12") as claim:
        assert claim is not None
        context = claim.telling(replace(here(tmp_path), progress=said.append))
        context.progress(Progress("tv on set12", 3, 12))
        for _ in range(500):
            (found,) = living(tmp_path)
            if found.holder is not None and found.holder.done == 3:
                break
            time.sleep(0.01)
        assert found.holder is not None
        assert (found.holder.done, found.holder.total) == (3, 12)
    assert said == [Progress("tv on set12", 3, 12)]


def test_the_pace_of_the_work_is_told_and_not_that_of_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([0.0, 40.0])
    monkeypatch.setattr(claims.time, "monotonic", lambda: next(clock))
    monkeypatch.setattr(claims, "BEAT_S", 0.01)
    with claimed(tmp_path, "a", "training n2n on set12") as claim:
        assert claim is not None
        tell = claim.telling(here(tmp_path)).progress
        tell(Progress("fetch set12", 3, 12))
        tell(Progress("training", 60, 100))  # goes on from step 50, say
        tell(Progress("training", 80, 100))
        for _ in range(500):
            (found,) = living(tmp_path)
            if found.holder is not None and found.holder.done == 80:
                break
            time.sleep(0.01)
        assert found.holder is not None
        assert (found.holder.total, found.holder.pace_s, found.holder.left_s) == (100, 2.0, 40.0)


def test_who_waits_says_for_what_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LOOK_S", 0.01)
    said: list[Progress] = []
    path = left(tmp_path, held(tmp_path))

    def end(progress: Progress) -> None:
        said.append(progress)
        path.unlink()

    with waited_for(tmp_path, "a", "tv", end):
        assert len(living(tmp_path)) == 1
    (text,) = (progress.what for progress in said)
    assert text.startswith("waiting for tv on set12 (process ")


def test_a_folder_that_cannot_be_written_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "claims").write_text("a file")
    with (
        pytest.raises(UserError, match=r"claims.a\.1\.json cannot be written"),
        claimed(tmp_path, "a", "tv"),
    ):
        pass
