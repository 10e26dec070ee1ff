"""The one exception a user sees: a line that says what was wrong and what would be right."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Bad input or a broken file.  Its text is one line; the command line prints it and exits 2."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a `name` that no plugin offers, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
    return UserError(f"unknown {kind} {name!r}; {hint}")
