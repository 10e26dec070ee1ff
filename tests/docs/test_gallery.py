"""docs/gallery.md: each of its figures is drawn by a command of the page, and is small."""

import re
from pathlib import Path

from gallery import commands, figure_of
from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "gallery.md").read_text(encoding="utf-8")


def test_each_figure_is_drawn_by_a_command_of_the_page() -> None:
    drawn = [Path(figure).stem for command in commands(PAGE) if (figure := figure_of(command))]
    shown = re.findall(r"\]\(gallery/(\w+)\.webp\)", PAGE)
    assert drawn == shown
    assert {path.stem for path in (DOCS / "gallery").iterdir()} == set(shown)


def test_each_figure_has_words_and_is_small() -> None:
    for words, name in re.findall(r"!\[([^\]]*)\]\((gallery/[^)]+)\)", PAGE):
        assert len(words) > 20
        assert (DOCS / name).stat().st_size < 300_000
        with Image.open(DOCS / name) as figure:
            assert 600 <= figure.width <= 1100
