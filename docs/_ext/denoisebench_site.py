"""What the site adds to Sphinx: contents from docs/index.md, entries of names from our docstrings,
the picture of the rooms, and a first page in the root folder.

A page asks for entries by a comment, which a code host does not show: `<!-- api: MODULE -->`,
`<!-- cli -->`.
"""

import ast
import contextlib
import dataclasses
import importlib
import importlib.util
import inspect
import itertools
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import click
from docstring_rst import inline, to_rst
from four_parts import with_toctrees
from layered import drawing
from sphinx.application import Sphinx

FACES = ("denoisebench", "denoisebench.plugin", "denoisebench.nn")
_API = re.compile(r"<!-- api: ([\w.]+) -->")
_CLI = "<!-- cli -->"
_COMMANDS = ".. click:: denoisebench.cli:group\n   :prog: bench\n   :nested: full"
_MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FIRST_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>denoisebench</title>
<meta http-equiv="refresh" content="0; url=docs/index.html"></head>
<body><a href="docs/index.html">Documentation of denoisebench</a></body></html>
"""


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.connect("builder-inited", _mark_help)
    app.connect("source-read", _read)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True}


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    """A page's text, with what the site adds to it."""
    text = source[0]
    if page == app.config.root_doc:
        text = with_toctrees(text)
    text = _API.sub(lambda match: _rst(entries(match[1])), text)
    text = text.replace(
        _CLI, _rst(".. click:: denoisebench.cli:group\n   :prog: bench\n   :nested: full")
    )
    source[0] = _MERMAID.sub(lambda match: drawing(match[1]), text)


def _mark_help(_: Sphinx) -> None:
    """The help of each command and option with code marked, and stars that are only stars."""
    from denoisebench.cli import group

    _mark(group)


def _mark(command: click.Command) -> None:
    command.help = "\n\n".join(map(_marked, inspect.cleandoc(command.help or "").split("\n\n")))
    for option in command.params:
        if isinstance(option, click.Option) and option.help:
            option.help = inline(option.help)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if found := command.get_command(context, name):
                _mark(found)


def _marked(paragraph: str) -> str:
    """A paragraph of help; one that click must not wrap, of commands, is a block of code."""
    first, _, others = paragraph.strip("\n").partition("\n")
    if first.strip() != "\b":
        return inline(paragraph)
    return "::\n\n" + "\n".join(f"    {line}" for line in others.split("\n"))


def _rst(text: str) -> str:
    return f"````{{eval-rst}}\n{text}\n````"


def entries(face: str) -> str:
    """An entry for each name of a module, in reStructuredText."""
    module = importlib.import_module(face)
    return "\n\n".join(_entry(module, name) for name in sorted(module.__all__, key=str.lower))


def _entry(module: ModuleType, name: str) -> str:
    found = getattr(module, name)
    full = f"{module.__name__}.{name}"
    if inspect.isclass(found):
        return f".. autoclass:: {full}\n   :members:"
    if inspect.isroutine(found):
        return f".. autofunction:: {full}"
    return f".. autodata:: {full}\n   :no-value:"


def _names() -> dict[str, str]:
    """Each name that has an entry -> its full name."""
    return {
        name: f"{face}.{name}" for face in FACES for name in importlib.import_module(face).__all__
    }


def _docstring(
    _: Sphinx, what: str, name: str, found: object, __: object, lines: list[str]
) -> None:
    """Our text as reStructuredText, in place."""
    text = below(name) if what == "data" else lines
    lines[:] = to_rst(text, fields_of(found), _names())


def fields_of(found: object) -> set[str]:
    """The names that a docstring may explain: parameters, fields, attributes."""
    names: set[str] = set()
    if inspect.isclass(found):
        names |= {name for name in dir(found) if not name.startswith("_")}
        names |= {name for base in found.__mro__ for name in inspect.get_annotations(base)}
        if dataclasses.is_dataclass(found):
            names |= {field.name for field in dataclasses.fields(found)}
    if callable(found):
        with contextlib.suppress(TypeError, ValueError):  # built-in, or without a signature
            names |= set(inspect.signature(found).parameters)
    return names


def below(full: str) -> list[str]:
    """The string below a constant, in the module that defines it."""
    face, _, name = full.rpartition(".")
    module = _home(face, name)
    for node, after in itertools.pairwise([*_tree(module).body, ast.Pass()]):
        targets = {
            n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        value = after.value if isinstance(after, ast.Expr) else None
        if name in targets and isinstance(value, ast.Constant):
            return inspect.cleandoc(str(value.value)).split("\n")
    return []


def _home(face: str, name: str) -> str:
    """The module that a face imports a name from."""
    for node in ast.walk(_tree(face)):
        imported = isinstance(node, ast.ImportFrom) and name in {a.name for a in node.names}
        if isinstance(node, ast.ImportFrom) and node.module and imported:
            return node.module
    return face


def _tree(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def _finish(app: Sphinx, error: Exception | None) -> None:
    """A page in the root folder that leads to the documentation."""
    if error is None and app.builder.format == "html":
        (Path(app.outdir) / "index.html").write_text(_FIRST_PAGE, encoding="utf-8")
