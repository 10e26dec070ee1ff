"""`import-light`: a plugin is imported in a separate process."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from denoisebench.conformance.check import Outcome, failed, passed
from denoisebench.conformance.import_probe import MARK
from denoisebench.conformance.places import Place

LIMIT_S = 30.0
"""An import that takes longer counts as endless."""

MOST_S = 0.05
"""Processor time of the import beyond the core's."""

_STACK = re.compile(r'File "(.*)", line (\d+) in ')


def is_importable(module: str) -> bool:
    """Whether a new process finds a module, or the package that it lies in, by its name."""
    top = module.partition(".")[0]
    return any(finder.find_spec(top, None) is not None for finder in sys.meta_path)


def item_of(module: ModuleType) -> str:
    """The name by which a new process imports a module; its file where none finds it."""
    return module.__name__ if is_importable(module.__name__) else str(module.__file__)


@dataclass(eq=False)
class Origin:
    """Where a plugin comes from.  item: the file or the module that is imported."""

    item: str
    limit_s: float = LIMIT_S

    @property
    def label(self) -> str:
        """The name of the file, or of the module."""
        return Path(self.item).name if self.item.endswith(".py") else self.item

    @property
    def files(self) -> tuple[str, ...]:
        """The file or the folder of the plugin, once it is imported."""
        module = sys.modules.get(self.item.partition(".")[0])
        if self.item.endswith(".py") or module is None or module.__file__ is None:
            return (str(Path(self.item).resolve()),)
        path = Path(module.__file__)
        return (str(path.parent if path.name == "__init__.py" else path),)

    @cached_property
    def outcome(self) -> Outcome:
        """Of `import-light`.  A slow import is tried again: the first one compiles its modules."""
        found = self._outcome()
        return self._outcome() if found.failed and found.bound is not None else found

    @property
    def loads(self) -> bool:
        """Whether it can be imported here, without ending or hanging this process."""
        return not self.outcome.failed or self.outcome.value is not None

    def _outcome(self) -> Outcome:
        item = str(Path(self.item).resolve()) if self.item.endswith(".py") else self.item
        code = (
            f"import sys; sys.path[:] = {sys.path!r}\n"
            "from denoisebench.conformance.import_probe import main\n"
            f"main({item!r}, {self.limit_s})"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        printed, mark, report = done.stdout.rpartition(MARK)
        if not mark:
            return self._ended(done)
        said = json.loads(report)
        if said["failure"]:
            text = f"it does not load: {said['failure']}"
            advice = "" if said["misused"] else "Its import and its hooks must not raise."
            return failed(text, advice, str(said["where"]))
        return self._judged(said, " ".join(f"{printed}{done.stderr}".split()))

    def _ended(self, done: "subprocess.CompletedProcess[str]") -> Outcome:
        """The import hung, or ended the process."""
        stack = [Place(file, int(line)) for file, line in _STACK.findall(done.stderr)]
        ours = [place for place in stack if place.file in self.files or self.label in place.file]
        if "Timeout" in done.stderr:
            text = f"its import has not ended after {self.limit_s:g} s"
            return failed(text, "Do no work at import.", str(ours[0]) if ours else "")
        return failed(
            f"its import ended Python with status {done.returncode}", "Do no work at import."
        )

    def _judged(self, said: "dict[str, object]", printed: str) -> Outcome:
        seconds = float(str(said["seconds"]))
        torch, files = str(said["torch"]), said["files"]
        assert isinstance(files, list)
        if torch:
            by = str(said["torch_by"])
            text = f"it imports torch by importing {by}" if by else "it imports torch"
            advice = f"Import {by or 'torch'} inside the functions that use it."
            return failed(text, advice, torch, value=seconds)
        if files:
            advice = "Read files in the functions that need them."
            return failed(f"it opens {', '.join(files)}", advice, value=seconds)
        if printed:
            text = f"it prints {printed[:100]!r}"
            return failed(text, "Print nothing at import.", value=seconds)
        if seconds > MOST_S:
            text = f"it takes {seconds * 1000:.0f} ms beyond the core, above {MOST_S * 1000:.0f}"
            advice = "Import heavy packages inside the functions that use them."
            return failed(text, advice, value=seconds, bound=MOST_S)
        return passed(seconds, MOST_S)
