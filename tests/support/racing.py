"""Processes that race for the claim of a dead one.

    python racing.py FOLDER PROCESSES RACES

Prints how many won each race, as JSON.
"""

import json
import multiprocessing
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from denoisebench.execution.claims import claimed, living


def race(out: Path, races: int, barrier: Any, winners: Any) -> None:
    """Take part in all races."""
    for number in range(races):
        barrier.wait()  # the dead claim is there
        with claimed(out, "a", "tv on set12") as claim:
            barrier.wait()  # all have tried
            if claim is not None:
                with winners.get_lock():
                    winners[number] += 1
        barrier.wait()  # the winner has let go


def campaign(out: Path, processes: int, races: int) -> list[int]:
    """How many won each race."""
    with claimed(out, "a", "tv on set12"):
        (found,) = living(out)
        assert found.holder is not None
        corpse = json.dumps(asdict(replace(found.holder, started="1")))
    fork = multiprocessing.get_context("fork")
    barrier, winners = fork.Barrier(processes + 1), fork.Array("i", races)
    racing = [
        fork.Process(target=race, args=(out, races, barrier, winners)) for _ in range(processes)
    ]
    for process in racing:
        process.start()
    for _ in range(races):
        found.path.write_text(corpse)
        for _ in range(3):
            barrier.wait()
    for process in racing:
        process.join()
    return list(winners)


if __name__ == "__main__":
    folder, processes, races = sys.argv[1:]
    print(json.dumps(campaign(Path(folder), int(processes), int(races))))
