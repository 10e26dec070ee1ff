"""The files of a new plugin, made of templates."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import denoisebench
from denoisebench.errors import UserError
from denoisebench.scaffold.kinds import IMAGE, KINDS, TRAININGS, UNTRAINED
from denoisebench.scaffold.plugin_name import PluginName

LINE = 88
"""Characters in a line of what is written."""

_OF_TRAINED = ("Evidence", "Method", "Model", "Task", "TrainedMethod", "TrainingStep", "hookimpl")
_OF_IMAGE = ("ImageFit", "ImageMethod", "Method", "Model", "Task", "hookimpl")
_OF_UNTRAINED = ("Method", "Task", "UntrainedMethod", "hookimpl")


def write_package(name: PluginName, kind: str, evidence: str, folder: Path) -> Path:
    """Write a package in a new folder of `folder`, and return that.

    Raises UserError if it exists.
    """
    made = folder / name.folder
    if made.exists():
        raise UserError(f"{made} exists; give another name or --dir")
    for path, text in package_files(name, kind, evidence).items():
        (made / path).parent.mkdir(parents=True, exist_ok=True)
        (made / path).write_text(text, encoding="utf-8")
    return made


def write_module(name: PluginName, kind: str, evidence: str, folder: Path) -> Path:
    """Write a module in `folder`, and return its file.  Raises UserError if it exists."""
    file = folder / name.file
    if file.exists():
        raise UserError(f"{file} exists; give another name or --dir")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(module_text(name, kind, evidence), encoding="utf-8")
    return file


def package_files(name: PluginName, kind: str, evidence: str) -> Mapping[str, str]:
    """The text of each file of a package, by its path in it."""
    source = f"src/{name.package}"
    commands = "\n".join(c.format(name=name.text) for c in KINDS[kind].commands)
    shared = _words(name, kind) | {"commands": commands, "version": denoisebench.__version__}
    made = {
        "pyproject.toml": _filled("pyproject.toml", shared),
        "README.md": _filled("README.md", shared),
        "tests/test_conforms.py": _filled("test_conforms.py", shared),
        f"{source}/py.typed": "",
        f"{source}/__init__.py": _module(name, kind, evidence, packaged=True),
    }
    if kind == "method":
        made[f"{source}/published.csv"] = _filled("published.csv", shared)
    if kind == "method" and evidence != UNTRAINED:
        loss = _template(_loss_of(evidence)).rstrip()
        made[f"{source}/loss.py"] = _filled("loss_module.py", shared | {"loss": loss})
    return made


def module_text(name: PluginName, kind: str, evidence: str) -> str:
    """A plugin in one module."""
    return _module(name, kind, evidence, packaged=False)


def _module(name: PluginName, kind: str, evidence: str, *, packaged: bool) -> str:
    words = _words(name, kind)
    if kind != "method":
        return _filled(f"{kind}.py", words)
    learns, trained = evidence != UNTRAINED, evidence in TRAININGS
    names = [
        *(_OF_TRAINED if trained else _OF_IMAGE if learns else _OF_UNTRAINED),
        *(["PublishedTable"] if packaged else []),
    ]
    words["imports"] = _imports(sorted(names, key=lambda n: (n[0].islower(), n)))
    words["path_import"] = "\nfrom pathlib import Path" if packaged else ""
    if learns:
        words["evidence"] = evidence.upper().replace("-", "_")
        declines = TRAININGS[evidence if trained else "noisy"].declines
        words["declines"] = _template(declines).rstrip()
        words["collections"] = "Iterable" if packaged else "Callable, Iterable"
        words["loss"] = "" if packaged else f"\n{_template(_loss_of(evidence))}\n"
        loss = "patch_loss" if trained else "image_loss"
        words["imports"] += f"\n\nfrom .loss import {loss}" if packaged else ""
    template = "trained.py" if trained else "image.py" if learns else "untrained.py"
    text = _filled(template, words)
    return f"{text}\n\n{_filled('published_hook', words)}" if packaged else text


def _loss_of(evidence: str) -> str:
    """The template of a loss."""
    return "loss_image" if evidence == IMAGE else TRAININGS[evidence].loss


def _imports(names: list[str]) -> str:
    line = f"from denoisebench.plugin import {', '.join(names)}"
    if len(line) <= LINE:
        return line
    return "from denoisebench.plugin import (\n" + "".join(f"    {n},\n" for n in names) + ")"


def _words(name: PluginName, kind: str) -> dict[str, str]:
    """The placeholders of all templates and their words."""
    return {
        "name": name.text,
        "title": name.title,
        "package": name.package,
        "class_name": name.camel + KINDS[kind].ending,
    }


def _filled(template: str, words: Mapping[str, str]) -> str:
    return Template(_template(template)).substitute(words)


def _template(name: str) -> str:
    return (files(__package__) / "templates" / f"{name}.txt").read_text(encoding="utf-8")
