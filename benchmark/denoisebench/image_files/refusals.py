"""Messages about image files that cannot be used."""

from collections.abc import Iterator
from contextlib import contextmanager

from denoisebench.errors import UserError
from denoisebench.outside_text import printable

REASON_LENGTH = 200  # of what a library says of a broken file


class RefusedError(Exception):
    """A sound file that is not taken; the text continues the sentence 'NAME ...'.

    >>> raise RefusedError("has a palette; convert it to RGB or gray")
    Traceback (most recent call last):
    denoisebench.image_files.refusals.RefusedError: has a palette; convert it to RGB or gray
    """


@contextmanager
def named(name: str) -> Iterator[None]:
    """Make whatever reading a file raises a UserError of one line that names the file."""
    try:
        with sound(name):
            yield
    except OSError as error:
        reason = _first_line(error.strerror or str(error))
        raise UserError(f"{printable(name)} cannot be read: {reason}") from None


@contextmanager
def sound(name: str) -> Iterator[None]:
    """The same, but what the system refuses passes: it may be of another file."""
    try:
        yield
    except (UserError, OSError):
        raise
    except RefusedError as error:
        raise UserError(f"{printable(name)} {_cut(str(error))}") from None
    except MemoryError:
        raise UserError(f"{printable(name)} is too large for the memory of this machine") from None
    except Exception as error:  # noqa: BLE001 - a broken file can raise anything in four libraries
        reason = _first_line(str(error)) or type(error).__name__
        raise UserError(f"{printable(name)} cannot be read as an image: {reason}") from None


def _first_line(text: str) -> str:
    return _cut(printable((text.splitlines() or [""])[0]))


def _cut(text: str) -> str:
    """A reason without what a file may put into it at any length."""
    return text if len(text) <= 2 * REASON_LENGTH else f"{text[:REASON_LENGTH]} ..."
