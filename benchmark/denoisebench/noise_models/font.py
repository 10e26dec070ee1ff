"""A bitmap font of the suite's own: letters and digits, 5 pixels wide, 7 above the line, 2 below.

Drawn in font.txt, so that text is the same pixels on every machine: font files and their renderers
differ.
"""

import functools
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ink = npt.NDArray[np.bool_]

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

GLYPH_HEIGHT, GLYPH_WIDTH = 9, 5
"""The size of a letter at scale 1, in pixels; one column after it stays free."""

SHA256 = "99eccb66d40f91075bc9e4b596ccc4eb15ff48360ff9434c3ed43eb4e5230907"
"""Of font.txt.  Ids cover this file, not that one: a changed glyph changes them by this number."""


def word(letters: npt.NDArray[np.intp], scale: int) -> Ink:
    """Where the ink of a word lies.  letters: (n,), numbers into LETTERS; n ≥ 1.

    scale: the side of a font pixel, 1 or more.  Returns (9·scale, (6·n - 1)·scale).
    """
    ink = _glyphs()[:, letters].reshape(GLYPH_HEIGHT, -1)[:, :-1]
    return ink.repeat(scale, axis=0).repeat(scale, axis=1)


@functools.cache
def _glyphs() -> Ink:
    """(9, letters, 6): row, letter, column; the last column is free."""
    glyphs = np.zeros((GLYPH_HEIGHT, len(LETTERS), GLYPH_WIDTH + 1), dtype=np.bool_)
    start = 0
    for block in _drawn().strip().split("\n\n"):
        rows = [line.split() for line in block.splitlines()]
        drawn = np.array([[[c == "#" for c in letter] for letter in row] for row in rows])
        glyphs[: len(rows), start : start + len(rows[0]), :GLYPH_WIDTH] = drawn
        start += len(rows[0])
    return glyphs


def _drawn() -> str:
    """The letters of font.txt, side by side in blocks.  RuntimeError when they were changed."""
    text = Path(__file__).with_name("font.txt").read_text(encoding="ascii")
    if hashlib.sha256(text.encode()).hexdigest() != SHA256:
        raise RuntimeError("font.txt is not what its SHA-256 in font.py says; record the new one")
    return text
