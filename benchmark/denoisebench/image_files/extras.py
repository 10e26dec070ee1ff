"""Packages that some formats need and that are not installed with the suite."""

from importlib import import_module
from typing import Any

from denoisebench.image_files.refusals import RefusedError


def extra_package(package: str, extra: str) -> Any:
    """A package that the extra brings.  Raises RefusedError with the command that installs it.

    >>> extra_package("no_such_package", "zarr")
    Traceback (most recent call last):
    denoisebench.image_files.refusals.RefusedError: needs more packages to be read; install them: \
pip install 'denoisebench[zarr]'
    """
    try:
        return import_module(package)
    except ModuleNotFoundError:
        raise RefusedError(
            f"needs more packages to be read; install them: pip install 'denoisebench[{extra}]'"
        ) from None
