"""Our docstrings as reStructuredText, which autodoc wants: they are plain text with `code`,
indented formulas, `>>>` examples, and fields explained in a line (`level: the level.  other: ...`).
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby

_CODE = re.compile(r"``([^`]+)``|`([^`]+)`")
_FIELD = re.compile(
    r"(?:^|(?<=[.;)] )|(?<=[.;)]  ))(?P<names>`?\w+`?(?:, `?\w+`?)*)(?P<note> \([^()]*\))?: +"
)
_RESULT = re.compile(r"(?<=\.) +(?=(?:Raises|Returns|Yields|Called) )")


def to_rst(
    lines: Iterable[str], fields: Collection[str] = (), names: Collection[str] = ()
) -> list[str]:
    """The docstring's lines as reStructuredText.

    fields: parameters and attributes of the object; one that is explained becomes a list's item.
    names: those that have an entry of their own; each becomes a link to it.
    """
    made: list[str] = []
    for kind, group in groupby(_classified(lines), key=lambda pair: pair[0]):
        block = [line for _, line in group]
        if kind == "text":
            for paragraph in "\n".join(block).split("\n\n"):
                made += _paragraph(" ".join(paragraph.split()), fields, names)
        elif kind == "item":
            made += [*_items(block, names), ""]
        elif kind == "formula":
            made += ["::", "", *(f"    {line}" for line in block), ""]
        else:
            made += [".. code-block:: pycon", "", *(f"    {line}" for line in block), ""]
    return made


def _classified(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line with its kind: text, item, formula or example."""
    kind = "text"
    for line in lines:
        if not line.strip():
            if kind in ("item", "example"):
                kind = "text"
        elif line.startswith(">>>"):
            kind = "example"
        elif kind == "example":
            pass
        elif line.startswith(("- ", "* ")):
            kind = "item"
        elif line.startswith("  "):
            kind = kind if kind == "item" else "formula"
        else:
            kind = "text"
        yield kind, line


def _items(lines: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """A list's lines; each item becomes one line."""
    for item in re.split(r"(?m)^[-*] ", "\n".join(lines)):
        if item.strip():
            yield f"- {inline(' '.join(item.split()), names)}"


def _paragraph(text: str, fields: Collection[str], names: Collection[str]) -> Iterator[str]:
    """A paragraph, and a list of the fields that it explains."""
    starts = [m for m in _FIELD.finditer(text) if _are_fields(m["names"], fields)]
    ends = [*(m.start() for m in starts[1:]), len(text)][: len(starts)]
    if lead := text[: starts[0].start() if starts else len(text)].strip():
        yield from (inline(lead, names), "")
    after: list[str] = []
    for start, end in zip(starts, ends, strict=True):
        said, *after = _RESULT.split(text[start.end() : end].strip())
        shown = ", ".join(f"``{name.strip('`')}``" for name in start["names"].split(", "))
        yield f"- {shown}{inline(start['note'] or '', names)}: {inline(said, names)}"
        if after:
            yield from ("", *(inline(" ".join(after), names),), "")
    if starts and not after:
        yield ""


def _are_fields(text: str, fields: Collection[str]) -> bool:
    return all(name.strip("`") in fields for name in text.split(", "))


def inline(text: str, names: Collection[str] = ()) -> str:
    """Text with code marked and everything else as it stands."""
    made, last = [], 0
    for match in _CODE.finditer(text):
        made.append(_escaped(text[last : match.start()]))
        code = match[1] or match[2]
        link = code in names
        made.append(f":py:obj:`{code} <{_home(names, code)}>`" if link else f"``{code}``")
        last = match.end()
        if last < len(text) and (text[last].isalnum() or text[last] in "’'("):
            made.append("\\ ")
    return "".join([*made, _escaped(text[last:])])


def _home(names: Collection[str], name: str) -> str:
    """Where a name's entry is: names may be a mapping to it."""
    get: Callable[[str], str] | None = getattr(names, "__getitem__", None)
    return str(get(name)) if get and isinstance(names, dict) else name


def _escaped(text: str) -> str:
    return re.sub(r"([\\*|_`])", r"\\\1", text)
