"""Text from outside, such as file names, made fit to be shown and stored."""

import re

_ACTING = "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
"""Characters that steer a terminal, turn the direction of what follows, or cannot be shown (the
last of these: bytes of no UTF-8).  Compiled at its first use: the start of `bench` needs none."""

_STYLE = r"(\x1b\[[014]m)"
"""The codes that begin and end bold and underlined text, the only ones that a report may print."""


def printable(text: str, keep: str = "") -> str:
    r"""`text` with what a terminal would act on, or could not show, escaped as \x1b or \u202e.

    A byte of a file name that is no UTF-8, which Python keeps as a lone surrogate, becomes \xe9.
    keep: characters that stay, such as line breaks of a table.

    >>> printable("caf\udce9 \x1b]0;")
    'caf\\xe9 \\x1b]0;'
    """
    return re.sub(_ACTING, lambda c: c[0] if c[0] in keep else _escaped(c[0]), text)


def printable_report(text: str) -> str:
    r"""The text of a report, fit to be shown: what is bold or underlined stays so.

    >>> printable_report("\x1b[1m31.00\x1b[0m \x1b[2J")
    '\x1b[1m31.00\x1b[0m \\x1b[2J'
    """
    parts = re.split(_STYLE, text)
    parts[::2] = [printable(part, keep="\n\t") for part in parts[::2]]
    return "".join(parts)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
