"""Docstrings of a method or a noise: prose, equations, the fields of a config."""

import ast
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from denoisebench.registry.packages import files_of, package_of

EQUATION = "    "
"""How the lines of a paragraph begin that is an equation."""


class Equation(NamedTuple):
    """Lines of an equation.  function: whose docstring has them, with its module: `loss.sure`."""

    function: str
    lines: tuple[str, ...]


def prose_of(thing: object) -> list[str]:
    """The paragraphs that the class of a plugin's object and its module have; examples apart."""
    cls = type(thing)
    of_class = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    if of_class.startswith(f"{cls.__name__}("):  # a dataclass that has none says how it is made
        of_class = ""
    return _paragraphs(of_class) + _paragraphs(sys.modules[cls.__module__].__doc__ or "")


def field_docs(cls: type) -> Mapping[str, str]:
    """The fields in the docstring of a dataclass: `field: what it is.`"""
    name = "|".join(field.name for field in fields(cls)) or "no field"
    start = re.compile(rf"(?:^|(?<=[.;])\s+)((?:{name})(?:, (?:{name}))*)(?:, ([^:.]+))?:\s")
    found: dict[str, str] = {}
    for text in _paragraphs(inspect.cleandoc(cls.__doc__ or "")):
        marks = list(start.finditer(text))
        ends = [*(mark.start() for mark in marks), len(text)][1:]
        for mark, end in zip(marks, ends, strict=False):
            when = f"{mark[2]}: " if mark[2] else ""
            said = " ".join(f"{when}{text[mark.end() : end]}".split())
            found |= dict.fromkeys(mark[1].split(", "), said)
    return found


def equations_of(method: object) -> list[Equation]:
    """The equations in the docstrings of the modules of its plugin that a method is built from."""
    files = files_of(package_of(method))
    classes = [cls for cls in type(method).__mro__ if cls.__module__ in files]
    waiting = [module for cls in classes for module in _imports_of_class(cls, files)]
    reached: dict[str, ast.Module] = {}
    while waiting:
        module = waiting.pop(0)
        if module not in reached:
            reached[module] = _tree(files[module])
            waiting += _imports(ast.walk(reached[module]), module, files)
    return [found for module, tree in reached.items() for found in _equations(tree, module)]


def _imports_of_class(cls: type, files: Mapping[str, Path]) -> Iterator[str]:
    """The modules imported by functions of a class, and those from which it uses a name."""
    tree = _tree(files[cls.__module__])
    body = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == cls.__name__)
    yield from _imports(ast.walk(body), cls.__module__, files)
    used = {node.id for node in ast.walk(body) if isinstance(node, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and used & {a.asname or a.name for a in node.names}:
            yield from _imports([node], cls.__module__, files)


def _imports(nodes: Iterable[ast.AST], module: str, files: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the same plugin that are imported from, in order."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names = [source, *(f"{source}.{alias.name}" for alias in node.names)]
            yield from (name for name in names if name in files and files[name] != files[module])


def _equations(tree: ast.Module, module: str) -> Iterator[Equation]:
    stem = module.rpartition(".")[2]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            name = stem if isinstance(node, ast.Module) else f"{stem}.{node.name}"
            indented = not isinstance(node, ast.Module)
            for part in _paragraphs(ast.get_docstring(node, clean=indented) or ""):
                if part.startswith(EQUATION):
                    yield Equation(name, tuple(line.strip() for line in part.splitlines()))


def _paragraphs(text: str) -> list[str]:
    """The paragraphs of a clean docstring, up to its examples."""
    before = re.split(r"^>>>", text, maxsplit=1, flags=re.MULTILINE)[0]
    return [part for part in re.split(r"\n\s*\n", before.rstrip()) if part.strip()]


def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_bytes())


def settings_of(thing: Any) -> list[tuple[str, Any, str]]:
    """Name, value and what is said of it, for each field of a config or of another dataclass."""
    said = field_docs(type(thing))
    return [(f.name, getattr(thing, f.name), said.get(f.name, "")) for f in fields(thing)]
