"""Each name that plugins import has an example in its docstring, and the example works."""

import ast
import doctest
import importlib.util
import itertools
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

import numpy as np
import pytest
import torch

from denoisebench import nn, plugin

FACES = (plugin, nn)
ASSUMED = {
    "np": np, "torch": torch, "Path": Path, "dataclass": dataclass, "Annotated": Annotated,
    "Literal": Literal,
}  # fmt: skip
NAMES = {name: getattr(face, name) for face in FACES for name in face.__all__}


def tree_of(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


def homes(face: ModuleType) -> dict[str, str]:
    """Each name of a face -> the module that it imports it from."""
    found = {}
    for node in ast.walk(tree_of(face.__name__)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.name: node.module for alias in node.names}
    return {name: found[name] for name in face.__all__}


def docstring(module: str, name: str) -> str:
    """That of a class or function, or the string below a constant."""
    for node, after in itertools.pairwise([*tree_of(module).body, ast.Pass()]):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return ast.get_docstring(node) or ""
        if isinstance(node, ast.Assign | ast.AnnAssign) and name in names_set_by(node):
            value = after.value if isinstance(after, ast.Expr) else None
            return str(value.value) if isinstance(value, ast.Constant) else ""
    raise AssertionError(f"{module} does not define {name}")


def names_set_by(node: ast.AST) -> set[str]:
    parts = (part for part in ast.walk(node) if isinstance(part, ast.Name))
    return {part.id for part in parts if isinstance(part.ctx, ast.Store)}


HOMES = [(name, module) for face in FACES for name, module in homes(face).items()]


@pytest.mark.parametrize(("name", "module"), HOMES)
def test_the_name_has_an_example_that_works(
    name: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given: dict[str, Any] = {**ASSUMED, **NAMES}
    example = doctest.DocTestParser().get_doctest(docstring(module, name), given, name, module, 0)
    assert example.examples, f"{module}.{name} has no example in its docstring"
    output: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=output.append)
    assert not output, "".join(output)
