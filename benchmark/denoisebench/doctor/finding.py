"""One line of `bench doctor`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact about the machine or the installation.

    subject: one word.  text: the fact.  advice: how to get more out of it; empty for nothing.
    wrong: whether something is broken, and not only absent.

    >>> str(Finding("device", "cpu, 2 cores"))
    'device     cpu, 2 cores'
    """

    subject: str
    text: str
    advice: str = ""
    wrong: bool = False

    def __str__(self) -> str:
        return f"{self.subject:10} {self.text}"
