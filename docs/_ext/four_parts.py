"""The site's table of contents, read from the lists of docs/index.md, which stay as they are."""

import re
from collections.abc import Iterator

_LINK = re.compile(r"\]\((?!https?:)([^)#]+\.md)(?:#[^)]*)?\)")
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


def pages(text: str) -> dict[str, list[str]]:
    """Heading -> the pages that its part of an index links to, each once, in order; what comes
    before the first heading is under ""."""
    parts = ["", *_HEADING.split(text)]
    return {
        heading: list(dict.fromkeys(_LINK.findall(part)))
        for heading, part in zip(parts[::2], parts[1::2], strict=True)
    }


def with_toctrees(text: str) -> str:
    """The index with a hidden table of contents for each of its parts."""
    trees = (tree for heading, listed in pages(text).items() for tree in _tree(heading, listed))
    return "\n".join([text, *trees])


def _tree(heading: str, listed: list[str]) -> Iterator[str]:
    yield "\n```{toctree}\n:hidden:" + (f"\n:caption: {heading}\n" if heading else "\n")
    yield from listed
    yield "```"
