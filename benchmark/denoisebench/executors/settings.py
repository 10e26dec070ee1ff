"""Settings that several executors share."""

from importlib.util import find_spec
from typing import Annotated

from denoisebench.errors import UserError
from denoisebench.specs import Between

MOST_WORKERS = 1024

Count = Annotated[int, Between(1, MOST_WORKERS)]
"""Of workers, or of threads of each."""


def require(package: str, extra: str) -> None:
    """Raise UserError, with the command that installs it, for a package that is not there.

    The extra is named as the executor is.
    """
    if find_spec(package) is None:
        raise UserError(
            f"--workers {extra} needs the package {package}: pip install 'denoisebench[{extra}]'"
        )
