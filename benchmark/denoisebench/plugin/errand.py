"""Work for machines that do not see the folder of results: what it needs is sent, what it makes
comes back."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from denoisebench.files import write_whole
from denoisebench.plugin.executor import UNITS_VARIABLE, Parcel, WorkerCommand

_MARK = ".workers-1"
_NOT_SENT_BACK = ("claims", "plans", "trainings/*/checkpoint.pt", "trainings/*/history.jsonl")


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files that a worker made.  failure: how it failed; empty if it did not.

    files: by their path in the folder of results.
    """

    failure: str
    files: Mapping[Path, bytes] = field(default_factory=dict)

    def store(self, out: Path) -> None:
        """Write the files, each whole; files of their names are replaced.

        Raises OutputError for what cannot be written.
        """
        for path in sorted(self.files, key=_weights_last):
            write_whole(out / path, self.files[path])


@dataclass(frozen=True, slots=True)
class Errand:
    """A parcel with what it needs.  Can be pickled.

    brought: files by their path in the folder of results.
    """

    command: WorkerCommand
    units: tuple[str, ...]
    brought: Mapping[Path, bytes]

    @classmethod
    def of(cls, command: WorkerCommand, parcel: Parcel) -> "Errand":
        """Reads what the parcel brings."""
        brought = {path: (command.mark.parent / path).read_bytes() for path in parcel.brings}
        return cls(command, parcel.units, brought)

    def run(
        self,
        inputs: Mapping[Path, bytes],
        say: Callable[[str], None],
        environment: Mapping[str, str],
    ) -> Delivery:
        """Do the work in a folder that is removed afterwards.

        inputs: of `inputs_of`.  say, environment: as `WorkerCommand.run` has them.
        """
        with tempfile.TemporaryDirectory(prefix="denoisebench-") as scratch:
            folder, out = Path(scratch, "work"), Path(scratch, "results")
            folder.mkdir()
            for path, data in inputs.items():
                write_whole(folder / path, data)
            for path, data in {Path(_MARK): b"", **self.brought}.items():
                write_whole(out / path, data)
            arguments = (*self.command.arguments, "--out", str(out))
            command = replace(self.command, arguments=arguments, folder=folder, mark=out / _MARK)
            failure = command.run(say, {**environment, UNITS_VARIABLE: ",".join(self.units)})
            return Delivery(failure, dict(self._made(out)))

    def _made(self, out: Path) -> Iterator[tuple[Path, bytes]]:
        """The files that were not there before."""
        left_out = {path for pattern in _NOT_SENT_BACK for path in out.glob(pattern)}
        for path in _files(out):
            if left_out.isdisjoint((path, *path.parents)):
                relative, data = path.relative_to(out), path.read_bytes()
                if relative.parent != Path() and self.brought.get(relative) != data:
                    yield relative, data


def inputs_of(command: WorkerCommand) -> dict[Path, bytes]:
    """The files and image folders that the arguments of a command name, by their relative path.

    Absolute paths are left out: a worker has them, or says what it lacks.
    """
    found: dict[Path, bytes] = {}
    for argument in command.arguments:
        for piece in re.split("[=,]", argument):
            _, colon, of_set = piece.partition(":")
            names = [piece, *re.split("[:+]", of_set)] if colon else [piece]
            for path in map(Path, names):
                there = command.folder / path
                if path.is_absolute() or ".." in path.parts or not path.parts:
                    continue
                if there.is_file():
                    found[path] = there.read_bytes()
                elif there.is_dir() and str(path) != piece:
                    below = ((file, file.relative_to(command.folder)) for file in _files(there))
                    found |= {relative: file.read_bytes() for file, relative in below}
    return found


def together(parcels: Iterable[Parcel], most: int) -> list[Parcel]:
    """The same work in fewer parcels: those of a single unit are joined to at most `most`.

    >>> one, two, three = (Parcel((unit,)) for unit in ("a", "b", "c"))
    >>> together([one, Parcel(("d", "e")), two, three], 2)
    [Parcel(units=('d', 'e'), brings=()), Parcel(units=('a', 'c'), brings=()), \
Parcel(units=('b',), brings=())]
    """
    parcels = list(parcels)
    single = [parcel for parcel in parcels if len(parcel.units) == 1 and not parcel.brings]
    others = [parcel for parcel in parcels if parcel not in single]
    shares = [single[number::most] for number in range(min(most, len(single)))]
    return others + [Parcel(_units(share)) for share in shares]


def _units(parcels: Sequence[Parcel]) -> tuple[str, ...]:
    return tuple(unit for parcel in parcels for unit in parcel.units)


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder that are not hidden."""
    for top, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if not name.startswith("."))
        yield from (Path(top, name) for name in sorted(files) if not name.startswith("."))


def _weights_last(path: Path) -> tuple[bool, str]:
    """With its weights a training counts as done, and with its file a cell."""
    return path.suffix == ".safetensors" or path.parts[0] == "cells", str(path)
