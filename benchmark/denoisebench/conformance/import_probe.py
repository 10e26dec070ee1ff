"""Imports a plugin in a separate process, so that the plugin may end it, hang it or print."""

import faulthandler
import json
import sys
import time
from types import FrameType
from typing import Any

import denoisebench.nn
from denoisebench.conformance.places import Place, place_of_error
from denoisebench.errors import UserError
from denoisebench.registry.loader import import_plugin, offers

MARK = "\x1edenoisebench\x1e"
"""Before the report, behind what the plugin prints."""

_IMPORTED_BEFORE = ("denoisebench.nn", "denoisebench.nn.regression", "denoisebench.nn.shelf")
"""Light parts of the core, whose time is not the plugin's."""


class Watch:
    """Where the plugin opens files and imports torch, while it is imported."""

    def __init__(self, item: str) -> None:
        self._item = item
        self.files: dict[str, str] = {}
        self.torch, self.torch_by = "", ""
        self._on = True
        sys.addaudithook(self._hear)

    def stop(self) -> None:
        self._on = False

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self._on and event == "open" and isinstance(arguments[0], str):
            place = self._place(past_imports=False)
            if place:
                self.files.setdefault(arguments[0], place)
        if event == "import" and arguments[0] == "torch" and not self.torch:
            self.torch = self._place(past_imports=True) or "?"
            self.torch_by = _name_asked_for()

    def _place(self, *, past_imports: bool) -> str:
        """The innermost line of the plugin; of what it opens, none where Python's import does."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None:
            file = frame.f_code.co_filename
            if file.startswith("<frozen importlib") and not past_imports:
                return ""
            name = str(frame.f_globals.get("__name__", ""))
            if self._item in (file, name, name.partition(".")[0]):
                return str(Place(file, frame.f_lineno))
            frame = frame.f_back
        return ""


def _name_asked_for() -> str:
    """The name of `denoisebench.nn` whose module is being imported; empty if there is none."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is denoisebench.nn.__getattr__.__code__:
            return str(frame.f_locals["name"])
        frame = frame.f_back
    return ""


def main(item: str, limit_s: float) -> None:
    """Import a plugin, call its hooks, and print what came of it as JSON behind `MARK`.

    An import that takes longer ends the process, with the stack on stderr.
    """
    for module in _IMPORTED_BEFORE:
        __import__(module)
    watch, failure, where, seconds, misused = Watch(item), "", "", 0.0, False
    faulthandler.dump_traceback_later(limit_s, exit=True)
    try:
        began = time.process_time()
        plugin = import_plugin(item)
        seconds = time.process_time() - began
        watch.stop()
        offers(plugin)
    except BaseException as error:  # noqa: BLE001  # SystemExit too
        watch.stop()
        misused = isinstance(error, UserError)
        failure = " ".join((str(error) if misused else f"{type(error).__name__}: {error}").split())
        where = str(place_of_error(error) or "")
    faulthandler.cancel_dump_traceback_later()
    report = {
        "failure": failure,
        "misused": misused,
        "where": where,
        "seconds": seconds,
        "torch": watch.torch,
        "torch_by": watch.torch_by,
        "files": [f"{path} ({place})" for path, place in watch.files.items()],
    }
    print(MARK + json.dumps(report), flush=True)
