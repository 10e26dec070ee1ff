"""Plain English, by rule: the length of sentences, and habits to avoid, everywhere users read.

`python tests/support/prose.py` prints the figures, and the sentences that break a rule.
"""

from functools import cache

import pytest
from prose import AVOID, LONG, TOO_LONG, Sentence, collect, of_markdown, sentences, share_of_long

LONG_SHARE = {"README": 0.03, "docs": 0.08, "help": 0.01, "docstrings": 0.04}
"""At most this share of the sentences has more than `LONG` words."""
HABITS_SHARE = 0.002
"""At most this share of the sentences of a kind of place has a habit to avoid."""


@cache
def found() -> dict[str, list[Sentence]]:
    return collect()


def listed(broken: list[Sentence]) -> str:
    return "\n".join(f"{s.place} ({s.words} words; {s.habits}): {s.text}" for s in broken)


@pytest.mark.parametrize("kind", LONG_SHARE)
def test_few_sentences_are_long(kind: str) -> None:
    longest = sorted(found()[kind], key=lambda s: -s.words)[:20]
    assert share_of_long(found()[kind]) <= LONG_SHARE[kind], listed(longest)


@pytest.mark.parametrize("kind", LONG_SHARE)
def test_no_sentence_is_too_long(kind: str) -> None:
    broken = [s for s in found()[kind] if s.words > TOO_LONG]
    assert not broken, listed(broken)


@pytest.mark.parametrize("kind", LONG_SHARE)
def test_hardly_any_sentence_has_a_habit_to_avoid(kind: str) -> None:
    broken = [s for s in found()[kind] if s.habits]
    assert len(broken) <= HABITS_SHARE * len(found()[kind]), listed(broken)


def test_there_are_sentences_to_check() -> None:
    counts = {kind: len(group) for kind, group in found().items()}
    assert counts["README"] >= 40
    assert counts["docs"] >= 2000
    assert counts["help"] >= 150
    assert counts["docstrings"] >= 4000


def test_sentences_of_a_page_are_its_paragraphs_items_and_cells() -> None:
    page = (
        "# No\n\nOne `a b. c` two. Three\nfour!\n\n    no code\n\n- Five six.\n\n| a cell | x |\n"
    )
    texts = [s.text for s in sentences(of_markdown(page), "page")]
    assert texts == ["One CODE two.", "Three four!", "Five six.", "a cell"]


@pytest.mark.parametrize(
    "text",
    [
        "Nobody knows its law.",
        "One image in so many is held out.",
        "Set12 is downloaded where it is not at hand.",
        "It stands beside none of ours.",
        "What there is once all images are.",
        "Of a patch, in pixels.",
        "The noise is told in the numbers of the file.",
    ],
)
def test_a_habit_is_found(text: str) -> None:
    (sentence,) = sentences([text], "here")
    assert sentence.habits
    assert set(sentence.habits) <= set(AVOID)


def test_a_long_sentence_is_counted_in_words() -> None:
    (sentence,) = sentences(["word " * (LONG + 1) + "`one more`."], "here")
    assert sentence.words == LONG + 2
