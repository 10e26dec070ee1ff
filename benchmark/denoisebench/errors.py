"""Exceptions for bad user input and for failures inside a plugin."""

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class UserError(Exception):
    """Bad input or a broken file.  Its text is one line; the command line prints it and exits 2.

    >>> raise UserError("my-noise: sigma is -1; give a number above 0")
    Traceback (most recent call last):
    denoisebench.errors.UserError: my-noise: sigma is -1; give a number above 0
    """


def shortened(text: str) -> str:
    """A text in quotes, in at most 60 characters, for a message."""
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-17:]}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a `name` that no plugin offers, with the nearest known one."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:100], names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names) or 'none'}"
    return UserError(f"unknown {kind} {shortened(name)}; {hint}")


class PluginError(Exception):
    """The code of a plugin failed: its cells are recorded as failed, the others continue."""


@contextmanager
def plugin_code(name: str) -> Iterator[None]:
    """Turn exceptions from a plugin's code into a PluginError that names the plugin."""
    try:
        yield
    except (UserError, PluginError):
        raise
    except Exception as error:
        text = " ".join(str(error).split())
        raise PluginError(f"{name} raised {type(error).__name__}: {text}") from error
