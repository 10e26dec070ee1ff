"""The source part of an id: a hash of what code computes, however it is written or filed.

It covers the modules of a plugin and those that they import of `FOLLOWED` and of other plugins.
Comments, docstrings, annotations, formatting, messages of errors, names of files and the order of
imports do not count.  A number in a loss, a layer of a network, another import of one name do.
"""

import ast
import hashlib
import importlib.util
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

FACES = ("denoisebench.nn", "denoisebench.plugin")
"""Packages that only pass on names of other modules."""

SHELF = "denoisebench.nn.shelf"
"""Of the networks that it names only the one that a config names counts."""

FOLLOWED = (
    "denoisebench.nn",
    "denoisebench.noise.anscombe",
    "denoisebench.noise.level_estimator",
    "denoisebench.noise.overflow_guards",
    "denoisebench.noise.power_law",
    "denoisebench.noise_models",
)
"""The modules that methods and noise models are built from.  Of the networks on the shelf only the
one that a config names counts.  The rest of the core counts by its versions: see
`ids.RECIPE_VERSION` and `ids.CELL_VERSION`."""

WORDS = frozenset({"summary", "paper_code", "declines", "warns", "tiling", "__all__"})
"""Definitions that say something and compute no pixel."""

_SKIPPED = frozenset({"annotation", "ctx", "kind", "returns", "type_comment", "type_params"})

Tree = Any
"""A syntax tree as nested tuples of strings."""


class SourceHasher:
    """Hashes modules.  plugins: the packages that offer methods and noise models; an import of one
    of them is followed like one of `FOLLOWED`."""

    def __init__(self, plugins: Collection[str]) -> None:
        self._roots = tuple(f"{root}." for root in (*FOLLOWED, *plugins))
        self._files: dict[str, Path | None] = {}
        self._parsed: dict[str, ast.Module] = {}
        self._imports: dict[str, dict[str, tuple[str, str]]] = {}
        self._alone: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._linked: dict[str, str] = {}

    def of(self, modules: Iterable[str]) -> str:
        """SHA-256 (hex) of imported or importable modules and of all that they are built from."""
        reached: set[str] = set()
        waiting = sorted(modules)
        while waiting:
            module = waiting.pop()
            if module not in reached:
                reached.add(module)
                waiting += self._followed_by(module)
        return _sha256(tuple(sorted({self._hash_linked(module) for module in reached})))

    def _followed_by(self, module: str) -> Iterator[str]:
        """The modules that a module imports and that count."""
        for source, name in self._imported(module).values():
            target = self._home(source, name)
            if target is not None:
                yield target

    def _hash_alone(self, module: str) -> str:
        """The hash of the module's own tree, with imported names numbered by their first use."""
        return self._own(module)[0]

    def _hash_linked(self, module: str) -> str:
        """Of the module's own tree and of what each imported name refers to."""
        if module not in self._linked:
            alone, used = self._own(module)
            imported = self._imported(module)
            self._linked[module] = _sha256((alone, *(self._link(*imported[n]) for n in used)))
        return self._linked[module]

    def _own(self, module: str) -> tuple[str, tuple[str, ...]]:
        """The hash of a module's own tree, and the imported names in the order of first use."""
        if module not in self._alone:
            numbers = dict.fromkeys(self._imported(module), -1)
            tree = _normal(self._tree(module).body, numbers)
            used = sorted((name for name, k in numbers.items() if k >= 0), key=numbers.__getitem__)
            self._alone[module] = _sha256(tree), tuple(used)
        return self._alone[module]

    def _link(self, source: str, name: str) -> Tree:
        """The share of an imported name in the hash."""
        target = self._home(source, name)
        whole = self._is_module(source, name)
        if target is not None:
            return (self._hash_alone(target), "" if whole else name)
        known = source.partition(".")[0] == "denoisebench"
        return ("denoisebench" if known else source, name)

    def _home(self, source: str, name: str) -> str | None:
        """The module that defines a name imported from `source`; None where it does not count.  A
        package that only passes the name on is passed through."""
        if name and self._is_module(source, name):
            source, name = f"{source}.{name}", ""
        if source in FACES and name:
            passed_on = self._imported(source).get(name)
            return None if passed_on is None else self._home(*passed_on)
        if source == SHELF or self._file(source) is None or not self._counts(source):
            return None
        passed_on = self._imported(source).get(name)
        if passed_on is not None and passed_on != (source, name):
            return self._home(*passed_on) or source
        return source

    def _counts(self, module: str) -> bool:
        return f"{module}.".startswith(self._roots)

    def _tree(self, module: str) -> ast.Module:
        if module not in self._parsed:
            file = self._file(module)
            assert file is not None  # `_home` gives none without a file; a plugin was imported
            self._parsed[module] = ast.parse(file.read_bytes())
        return self._parsed[module]

    def _imported(self, module: str) -> dict[str, tuple[str, str]]:
        """Each name that imports bind in a module -> the module it comes from, its name there; ""
        for the module itself."""
        if module not in self._imports:
            file = self._file(module)
            inside = file is not None and file.name == "__init__.py"
            package = module if inside else module.rpartition(".")[0]
            tree = self._tree(module)
            nodes = ast.walk(tree) if module in FACES else _at_run_time(tree)
            self._imports[module] = dict(_bindings(nodes, package))
        return self._imports[module]

    def _is_module(self, source: str, name: str) -> bool:
        """Whether a name imported from a module is a module itself."""
        return not name or self._file(f"{source}.{name}") is not None

    def _file(self, module: str) -> Path | None:
        if module not in self._files:
            self._files[module] = _file(module)
        return self._files[module]


def _bindings(nodes: Iterable[ast.AST], package: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """The names that imports among the nodes bind."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join([*above, node.module or ""]) if node.level else node.module or ""
            for alias in node.names:
                yield alias.asname or alias.name, (source.rstrip("."), alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                yield alias.asname or root, (alias.name if alias.asname else root, "")


def _at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a tree, without the branches for the type checker."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not _for_type_checker(node):
            yield node
            waiting += [] if isinstance(node, ast.expr) else ast.iter_child_nodes(node)


def _for_type_checker(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    return bool(name == "TYPE_CHECKING")


def _normal(node: Any, numbers: dict[str, int]) -> Tree:
    """A tree of what is computed.  numbers: of imported names, -1 before their first use."""
    kind = type(node)
    if kind is list:
        return tuple(_normal(item, numbers) for item in node if not _says_nothing(item))
    if kind is ast.Name:
        if numbers.get(node.id) == -1:
            numbers[node.id] = max(numbers.values()) + 1
        return numbers.get(node.id, node.id)
    if kind is ast.Constant:
        return type(node.value).__name__, repr(node.value)
    if kind is ast.Raise or kind is ast.Assert:
        return kind.__name__
    if not isinstance(node, ast.AST):
        return repr(node)
    parts: list[Tree] = [kind.__name__]
    for field in node._fields:
        value = getattr(node, field, None)
        if value is not None and value != [] and field not in _SKIPPED:
            parts.append((field, _normal(value, numbers)))
    return tuple(parts)


def _says_nothing(node: Any) -> bool:
    """Whether a statement computes nothing: a docstring, an import, a text for the user."""
    if not isinstance(node, ast.stmt):
        return False
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and node.targets[0].id in WORDS
    if isinstance(node, ast.FunctionDef):
        return node.name in WORDS
    return isinstance(node, ast.Import | ast.ImportFrom | ast.Pass) or _for_type_checker(node)


def _file(module: str) -> Path | None:
    """The Python file of a module; None where there is none.  Imports nothing."""
    root, *rest = module.split(".")
    try:
        loaded = sys.modules.get(root)
        spec = loaded.__spec__ if loaded is not None else importlib.util.find_spec(root)
    except (AttributeError, ImportError, ValueError):
        return None
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    file = Path(spec.origin)
    if not rest:
        return file
    inner = file.parent.joinpath(*rest)
    candidates = [inner.with_suffix(".py"), inner / "__init__.py"]
    return next((path for path in candidates if path.is_file()), None)


def _sha256(tree: Tree) -> str:
    return hashlib.sha256(repr(tree).encode()).hexdigest()
