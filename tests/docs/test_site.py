"""The docs site: its parts as functions of text, and `make docs`, where Sphinx is installed."""

import importlib.util
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from docstring_rst import to_rst
from four_parts import pages, with_toctrees
from layered import drawing, parse, ranks

ROOT = Path(__file__).parents[2]
INDEX = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
NEEDED = ("sphinx", "myst_parser", "furo", "sphinx_click")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]


def test_the_contents_are_the_lists_of_the_index_in_its_four_parts() -> None:
    parts = pages(INDEX)
    assert list(parts) == ["", "Tutorials", "How-to guides", "Reference", "Explanation"]
    assert parts["Tutorials"][0] == "install.md"
    listed = [page for pages_of_part in parts.values() for page in pages_of_part]
    assert len(listed) == len(set(listed)) >= 40


def test_the_text_of_the_index_stays_as_it_is() -> None:
    made = with_toctrees(INDEX)
    assert made.startswith(INDEX)
    assert made.count("```{toctree}") == 5


def test_a_docstring_becomes_paragraphs_fields_formulas_and_examples() -> None:
    text = """How far `f` is from y_, |y| * 2.

    L = |f(y)|

level: of `noisy`.  clean, noisy: images (B, C).  other: not a field.  Raises UserError for none.

- an item
  in two lines

>>> f(1)
2"""
    made = "\n".join(to_rst(text.split("\n"), {"level", "clean", "noisy"}, {"f": "here.f"}))
    assert r"How far :py:obj:`f <here.f>` is from y\_, \|y\| \* 2." in made
    assert "::\n\n        L = |f(y)|" in made
    assert "- ``level``: of ``noisy``." in made
    assert "- ``clean``, ``noisy``: images (B, C).  other: not a field." in made.replace(
        " other", "  other"
    )
    assert "\n\nRaises UserError for none.\n" in made
    assert "- an item in two lines" in made
    assert ".. code-block:: pycon\n\n    >>> f(1)\n    2" in made


def test_arrows_of_the_picture_lead_down() -> None:
    text = 'graph TD\n    m(["methods/"])\n    m --> plugin\n    cli --> plugin\n    cli --> m\n'
    labels, edges = parse(text)
    row = ranks(edges)
    assert all(row[a] > row[b] for a, b in edges)
    assert labels == {"m": "methods/", "plugin": "plugin", "cli": "cli"}
    svg = drawing(text)
    assert svg.count("<rect") == 3
    assert svg.count('class="arrow"') == 3


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built by `make docs` in this environment, without a network."""
    if MISSING:
        pytest.skip(f"{', '.join(MISSING)} not installed: pip install -e '.[docs]'")
    folder = tmp_path_factory.mktemp("site")
    done = [f"--old-file={name}" for name in (".venv/ready", ".venv/docs-ready")]
    command = ["make", *done, "docs", f"BIN={Path(sys.executable).parent}", f"SITE={folder}"]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder / "html"


def links(page: Path) -> set[str]:
    """What a page of the site links to or shows; `srcset` is not used."""
    text = page.read_text(encoding="utf-8")
    return set(map(unescape, re.findall(r'\s(?:href|src)="([^"]*)"', text)))


@pytest.mark.slow
def test_each_link_of_the_site_leads_to_a_file_and_an_anchor(site: Path) -> None:
    ids = {
        page: set(re.findall(r'\sid="([^"]*)"', page.read_text(encoding="utf-8")))
        for page in site.rglob("*.html")
    }
    assert len(ids) >= 45
    broken = []
    for page in ids:
        for link in links(page):
            if re.match(r"(https?|mailto|data):", link) or link in ("#", ""):
                continue
            name, _, anchor = unquote(link).partition("#")
            name = name.partition("?")[0]
            target = (page.parent / name).resolve() if name else page
            if not target.exists() or (anchor and anchor not in ids.get(target, {anchor})):
                broken.append(f"{page.relative_to(site)}: {link}")
    assert not broken


@pytest.mark.slow
def test_the_site_loads_nothing_from_a_network(site: Path) -> None:
    loaded = r'<(?:script|img|iframe)[^>]*\ssrc="https?:|<link[^>]*rel="stylesheet"[^>]*"https?:'
    for page in site.rglob("*.html"):
        assert not re.search(loaded, page.read_text(encoding="utf-8")), page
    for style in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import )[\"']?https?:", style.read_text("utf-8")), style


@pytest.mark.slow
def test_the_site_has_an_entry_for_each_name_and_each_verb(site: Path) -> None:
    from denoisebench import nn, plugin
    from denoisebench.cli import VERBS

    for page, face in (("api-plugin", plugin), ("api-nn", nn)):
        text = (site / "docs" / f"{page}.html").read_text(encoding="utf-8")
        lacking = [name for name in face.__all__ if f'id="{face.__name__}.{name}"' not in text]
        assert not lacking
    text = (site / "docs" / "cli.html").read_text(encoding="utf-8")
    assert not [verb for verb in VERBS if f'id="bench-{verb}"' not in text]


@pytest.mark.slow
def test_the_search_knows_the_words_of_pages(site: Path) -> None:
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "docs/glossary" in index
    assert "anscomb" in index  # stemmed
