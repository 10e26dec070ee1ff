"""The tracebacks of failures, `OUT/errors/ID.txt`, by the id of the cell or training."""

import traceback
from pathlib import Path

from denoisebench.errors import PluginError
from denoisebench.files import write_whole


def traceback_path(out: Path, unit: str) -> Path:
    """Where the traceback of a unit of work is, if it failed."""
    return out / "errors" / f"{unit}.txt"


def keep_traceback(out: Path, unit: str, failure: PluginError) -> Path:
    """Store the traceback of what a plugin raised.  Returns its file.

    Raises UserError when it cannot write.
    """
    path = traceback_path(out, unit)
    text = "".join(traceback.format_exception(failure.__cause__ or failure))
    write_whole(path, text.encode(errors="backslashreplace"))
    return path
