"""Text from outside, such as file names, made fit to be shown and stored."""

import unicodedata

_STEERING = {"Cc", "Cs", "Zl", "Zp"}
"""Categories of characters that steer a terminal or cannot be shown.  Cs: bytes of no UTF-8."""
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows."""


def printable(text: str, keep: str = "") -> str:
    r"""`text` with what a terminal would act on, or could not show, escaped as \x1b or \u202e.

    A byte of a file name that is no UTF-8, which Python keeps as a lone surrogate, becomes \xe9.
    keep: characters that stay, such as line breaks of a table.

    >>> printable("caf\udce9 \x1b]0;")
    'caf\\xe9 \\x1b]0;'
    """
    if text.isprintable() and text.isascii():
        return text
    return "".join(c if c in keep or not _acts(c) else _escaped(c) for c in text)


def _acts(character: str) -> bool:
    return unicodedata.category(character) in _STEERING or character in _TURNING


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
