"""Text from outside is shown with nothing in it that acts on a terminal."""

import pytest

from denoisebench.outside_text import printable, printable_report


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Straße 7, 画像 σ=25.png", "Straße 7, 画像 σ=25.png"),
        ("caf\udce9.png", r"caf\xe9.png"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\tc\r\x7f\x9b1m", r"a\x0ab\x09c\x0d\x7f\x9b1m"),
        ("gnp.\u202eevil\u2066", r"gnp.\u202eevil\u2066"),
        ("a\u2028b\ud800", r"a\u2028b\ud800"),
        ("family\u200djoined", "family\u200djoined"),
    ],
)
def test_what_steers_or_cannot_be_shown_is_escaped(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown
    shown.encode()


def test_a_table_keeps_its_lines():
    assert printable("a  b\n-  -\n\x1b[2J", keep="\n") == "a  b\n-  -\n\\x1b[2J"


def test_of_a_report_bold_and_underlined_stay_and_nothing_else_steers_the_terminal() -> None:
    text = "\x1b[1m31.00\x1b[0m\t\x1b[4m30.00\x1b[0m\n\x1b[2J\x1b[31mred"
    shown = "\x1b[1m31.00\x1b[0m\t\x1b[4m30.00\x1b[0m\n\\x1b[2J\\x1b[31mred"
    assert printable_report(text) == shown
