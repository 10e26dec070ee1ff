"""The package, or the module, that a plugin's object lies in, and its files."""

import inspect
import sys
from pathlib import Path


def package_of(plugin: object) -> str:
    """The outermost package, or the module, that a plugin lies in.

    An object counts as the module that defines its class.
    """
    module = plugin if inspect.ismodule(plugin) else inspect.getmodule(type(plugin))
    assert module is not None  # it was imported
    return module.__name__.partition(".")[0]


def package_file(package: str) -> Path:
    """The file of a module; of a package, its `__init__.py`."""
    module = sys.modules[package]
    assert module.__file__ is not None  # it is Python code
    return Path(module.__file__)


def files_of(package: str) -> dict[str, Path]:
    """The files of all modules of a package, by name and in that order; of a module that is none,
    its own."""
    file = package_file(package)
    if file.name != "__init__.py":
        return {package: file}
    named = {
        _name(path.relative_to(file.parent.parent)): path for path in file.parent.rglob("*.py")
    }
    return dict(sorted(named.items()))


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")
