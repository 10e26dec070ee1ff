"""Exceptions for bad user input and for failures inside a plugin."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from types import FrameType, TracebackType


class UserError(ValueError):
    """Bad input or a broken file.  Its text is one line; the command line prints it and exits 2.

    >>> raise UserError("my-noise: sigma is -1; give a number above 0")
    Traceback (most recent call last):
    denoisebench.errors.UserError: my-noise: sigma is -1; give a number above 0
    """


class OutputError(UserError):
    """A file cannot be written.  The files after it could not be either: the work ends here.

    >>> raise OutputError("denoised/a.tif cannot be written: No space left on device")
    Traceback (most recent call last):
    denoisebench.errors.OutputError: denoised/a.tif cannot be written: No space left on device
    """


def shortened(text: str) -> str:
    """A text in quotes, in at most 60 characters, for a message."""
    return repr(text if len(text) <= 60 else f"{text[:40]}...{text[-17:]}")


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a `name` that no plugin offers, with the nearest known one."""
    names = sorted(known)
    near = nearest(name, names)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(names) or 'none'}"
    return UserError(f"unknown {kind} {shortened(name)}; {hint}")


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The known name that a mistyped one is most like; None if it is like none."""
    import difflib  # here: the start of every command needs errors, and seldom this

    near = difflib.get_close_matches(name[:100], known, n=1, cutoff=0.5)
    return near[0] if near else None


class PluginError(Exception):
    """The code of a plugin failed: its cells are recorded as failed, the others continue."""


class TerminatedError(KeyboardInterrupt):
    """The process was asked to end (SIGTERM); the suite treats it like Ctrl-C."""


@contextmanager
def plugin_code(name: str) -> Iterator[None]:
    """Turn exceptions from a plugin's code into a PluginError that names the plugin and the line.

    The machine's trouble is not the plugin's failure: an OSError (a full disk, a file that is gone)
    passes, and what tells of too little memory is raised as a MemoryError that names the plugin.
    """
    try:
        yield
    except (UserError, PluginError, OSError):
        raise
    except Exception as error:
        text = _in_one_line(error)
        if tells_of_too_little_memory(error):
            raise MemoryError(f"{name} raised {text}") from error
        raise PluginError(f"{name} raised {text}{place_in_plugin(error)}") from error


_NO_PLUGINS = frozenset({"click", "denoisebench", "numpy", "torch", *sys.stdlib_module_names})
"""The packages that call plugins."""


def place_in_plugin(error: BaseException) -> str:
    """The innermost line of the plugin that an exception came through: `, in n2n.py:84 (loss)`.

    Empty if it came through none.
    """
    step = step_in_plugin(error)
    if step is None:
        return ""
    return f", in {_file(step.tb_frame)}:{step.tb_lineno}{_function(step.tb_frame)}"


class WrongAnswerError(PluginError):
    """A function of a plugin's object returned what it must not, with the line of its `def`:
    `n2n: evidence returned 'noisy', in n2n.py:84: return Evidence.NOISY`.

    said: the answer, in words.  advice: what to return instead.
    """

    def __init__(self, thing: object, function: str, said: str, advice: str) -> None:
        self.function, self.said, self.advice = function, f"{function} returned {said}", advice
        place = place_of_function(thing, function)
        super().__init__(f"{getattr(thing, 'name', thing)}: {self.said}{place}: {advice}")


def answer_in_words(answer: object) -> str:
    """A value in at most 60 characters."""
    return shortened(answer) if isinstance(answer, str) else " ".join(repr(answer).split())[:60]


def place_of_function(thing: object, function: str) -> str:
    """Where a plugin defines a function of an object: `, in n2n.py:84`; empty if the core does."""
    defined = getattr(type(thing), function, None)
    code, module = getattr(defined, "__code__", None), getattr(defined, "__module__", "")
    if code is None or module.partition(".")[0] in _NO_PLUGINS:
        return ""
    return f", in {_from_package(code.co_filename, module)}:{code.co_firstlineno}"


def place_of_class(cls: type) -> str:
    """Where a class is defined: `, in n2n.py:84`; empty if it is in no file."""
    import inspect  # here: only what is wrong needs it

    try:
        file, line = inspect.getsourcefile(cls), inspect.getsourcelines(cls)[1]
    except (OSError, TypeError):
        return ""
    return f", in {_from_package(str(file), cls.__module__)}:{line}"


def plugin_failure(error: Exception) -> str | None:
    """The plugin's part in an exception that nothing caught, in words; None if it passed through no
    plugin."""
    if isinstance(error, PluginError):
        return str(error)
    step = step_in_plugin(error)
    if step is None:
        return None
    package = _module(step.tb_frame).partition(".")[0]
    if not _has_hooks(package):
        return None
    return f"a plugin raised {_in_one_line(error)}{place_in_plugin(error)}"


def _has_hooks(package: str) -> bool:
    """Whether an imported package implements hooks of the suite; a library does not."""
    modules = [m for name, m in list(sys.modules.items()) if name.partition(".")[0] == package]
    return any(hasattr(thing, "denoisebench_impl") for m in modules for thing in vars(m).values())


def step_in_plugin(error: BaseException) -> TracebackType | None:
    """The innermost step of an exception in a plugin; None if it came through none.

    The plugin is the package of the first function that is not of `_NO_PLUGINS`.
    """
    found, plugin, step = None, "", error.__traceback__
    while step is not None:
        package = _module(step.tb_frame).partition(".")[0]
        plugin = plugin or ("" if package in _NO_PLUGINS else package)
        if plugin and package == plugin:
            found = step
        step = step.tb_next
    return found


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _file(frame: FrameType) -> str:
    return _from_package(frame.f_code.co_filename, _module(frame))


def _from_package(file: str, module: str) -> str:
    """The file of a module, from its package on: `noise2score/loss.py`."""
    path = PurePath(file)
    folders = module.count(".") + (path.name == "__init__.py")
    return "/".join(path.parts[-folders - 1 :])


def _function(frame: FrameType) -> str:
    name = frame.f_code.co_name
    return "" if name == "<module>" else f" ({name})"


_OF_TOO_LITTLE_MEMORY = ("MemoryError", "can't allocate memory", "not enough memory")
"""How Python, NumPy and torch say so; torch on the CPU in the text of a RuntimeError."""


def tells_of_too_little_memory(error: Exception) -> bool:
    """Whether an exception, of any library, says that memory ran out."""
    return any(sign in _in_one_line(error) for sign in _OF_TOO_LITTLE_MEMORY)


def _in_one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())
