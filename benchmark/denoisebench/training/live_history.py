"""The records of a training, on disk while it runs: `history.jsonl`, a line of JSON an entry.

It goes when the training ends, which leaves `history.json`.  Numbers that JSON has none for are
text, as "nan".
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from denoisebench.files import append_line, write_whole


class Follower(Protocol):
    """Reports on a history as it grows."""

    def begin(self, entries: Sequence[Mapping[str, float]]) -> None: ...
    def add(self, entry: Mapping[str, float]) -> None: ...


class LiveHistory:
    """The file beside the checkpoint of a training."""

    def __init__(self, checkpoint: Path) -> None:
        self._path = checkpoint.with_name("history.jsonl")
        self._followers: list[Follower] = []

    def follow(self, follower: Follower) -> None:
        """Tell it too of what is recorded from here."""
        self._followers.append(follower)

    def begin(self, entries: Sequence[Mapping[str, float]]) -> None:
        """Start with the entries of a checkpoint: what an interrupted training recorded after it
        is recorded again."""
        if entries or self._path.exists():
            write_whole(self._path, "".join(map(_line, entries)).encode())
        for follower in self._followers:
            follower.begin(entries)

    def add(self, entry: Mapping[str, float]) -> None:
        append_line(self._path, _line(entry))
        for follower in self._followers:
            follower.add(entry)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)


def _line(entry: Mapping[str, float]) -> str:
    plain = {key: x if math.isfinite(x) else str(float(x)) for key, x in entry.items()}
    return json.dumps(plain, allow_nan=False) + "\n"
