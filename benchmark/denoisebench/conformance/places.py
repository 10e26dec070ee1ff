"""Lines of a plugin: where it raised, and where something is defined."""

import inspect
import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from denoisebench.errors import step_in_plugin


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file; code: its text."""

    file: str
    line: int
    code: str = ""

    def __str__(self) -> str:
        """`n2n.py:84`; of a package from its folder on: `n2n/loss.py:84`."""
        path = Path(self.file)
        first = path.parent
        while (first / "__init__.py").is_file():
            first = first.parent
        return f"{path.relative_to(first).as_posix()}:{self.line}"


def place_of_error(error: BaseException) -> Place | None:
    """The innermost line of a plugin that an exception came through."""
    while error.__cause__ is not None:
        error = error.__cause__
    step = step_in_plugin(error)
    if step is None:
        return None
    file, line = step.tb_frame.f_code.co_filename, step.tb_lineno
    return Place(file, line, linecache.getline(file, line).strip())


def place_of(thing: Any, files: Sequence[str], name: str = "") -> str:
    """Where a class, a function or the function `name` of an object is defined, as text.

    Where that is not in `files`, the place of the object's class; empty if that is not either.
    """
    owner = thing if inspect.isclass(thing) or inspect.isfunction(thing) else type(thing)
    for one in (getattr(owner, name, owner), owner):
        try:
            file, line = inspect.getsourcefile(one), inspect.getsourcelines(one)[1]
        except (OSError, TypeError):  # made by code that is in no file
            continue
        if file is not None and lies_in(file, files):
            return str(Place(file, line, linecache.getline(file, line).strip()))
    return ""


def place_of_line(file: str, line: int) -> str:
    """A line as text."""
    return str(Place(file, line))


def lies_in(file: str, files: Sequence[str]) -> bool:
    """Whether a file is one of these, or lies in one of these folders."""
    return any(file == one or Path(one) in Path(file).parents for one in files)
