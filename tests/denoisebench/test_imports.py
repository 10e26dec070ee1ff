"""What plugins import of the core, and what start-up must not import."""

import ast
import configparser
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from denoisebench import nn, plugin
from denoisebench.plugin import hooks

ROOT = Path(__file__).parents[2]
SOURCES = {name: ROOT / name for name in ("benchmark", "methods", "datasets", "reports")}
PACKAGES = {
    root: sorted(p.parent.name for p in folder.glob("*/__init__.py"))
    for root, folder in SOURCES.items()
}
SHOWN = {
    "methods": ("plugin", "nn"),
    "datasets": ("plugin",),
    "reports": ("plugin", "budgets", "files", "results", "scoring"),
}
"""What of the core a plugin of each kind imports.  The rest is held by `lint-imports`: see
setup.cfg."""


def files(*roots):
    return [p for root in roots for p in sorted(SOURCES[root].rglob("*.py"))]


def imported(path):
    """Every name that a file imports, anywhere in it, with its module: `from a import b` is a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name of the module"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def modules(path):
    """Every module that a file imports from, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    whole = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    return whole | {node.module for node in nodes if isinstance(node, ast.ImportFrom)}


def label(path):
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check():
    assert all(PACKAGES.values())
    assert "denoisebench" in PACKAGES["benchmark"]
    assert {"classical", "noise2score"} <= set(PACKAGES["methods"])


@pytest.mark.parametrize("path", files("methods", "datasets", "reports"), ids=label)
def test_a_plugin_imports_of_the_core_what_is_made_for_it(path):
    kind = path.relative_to(ROOT).parts[0]
    core = {name for name in imported(path) if name.partition(".")[0] == "denoisebench"}
    shown = [f"denoisebench.{name}" for name in SHOWN[kind]]
    assert not [n for n in core if not any(n == s or n.startswith(f"{s}.") for s in shown)]


@pytest.mark.parametrize("path", files("methods"), ids=label)
def test_a_method_imports_names_of_the_two_faces_and_no_module_behind_them(path):
    core = {name for name in modules(path) if name.partition(".")[0] == "denoisebench"}
    assert core <= {"denoisebench.plugin", "denoisebench.nn"}


@pytest.mark.parametrize("path", files("datasets", "reports"), ids=label)
def test_image_sets_and_reports_import_no_torch(path):
    assert not [name for name in modules(path) if name.partition(".")[0] == "torch"]


@pytest.mark.parametrize("face", [plugin, nn])
def test_each_name_of_a_face_is_the_one_of_its_module(face):
    tree = ast.parse(Path(face.__file__).read_text(encoding="utf-8"))
    homes = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("denoisebench.")
        for alias in node.names
    }
    assert set(face.__all__) == set(homes)
    for name, home in homes.items():
        assert getattr(face, name) is getattr(importlib.import_module(home), name)


def test_a_face_has_no_other_name():
    with pytest.raises(AttributeError, match="has no attribute 'Transformer'"):
        nn.Transformer  # noqa: B018  # the look-up is the test


def modules_after(code):
    """The modules that a fresh interpreter has imported once `code` has run."""
    code += "\nimport sys; print('\\nMODULES', *sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.rpartition("MODULES ")[2].split())


@pytest.mark.parametrize(
    "code",
    [
        "import denoisebench.cli, denoisebench.planning.planner, denoisebench.execution.runner",
        "from denoisebench.registry.loader import load\nassert not load().broken",
    ],
)
def test_start_up_and_plugins_import_no_torch(code):
    assert "torch" not in modules_after(code)


AT_ONCE = (
    *("run", "compare", "sweep", "denoise", "rank"),
    *("estimate", "report", "rescore", "list", "weights"),
)
"""The verbs whose help needs none of `HEAVY`."""

HEAVY = ("torch", "numpy", "pandas", "PIL", "skimage", "scipy", "tensorboard")


def test_help_imports_neither_torch_nor_numpy_nor_pandas():
    code = f"""
import sys
from denoisebench.cli import VERBS, main
def refuse(modules, *arguments):
    sys.argv = ["bench", *arguments]
    try:
        main()
    except SystemExit as leaving:
        assert leaving.code == 0
    found = set(modules) & set(sys.modules)
    assert not found, (arguments, found)
refuse({HEAVY}, "--help")
refuse({HEAVY}, "--version")
for verb in {AT_ONCE}:
    refuse({HEAVY}, verb, "--help")
for verb in VERBS:
    refuse({HEAVY[:1]}, verb, "--help")
"""
    assert "denoisebench.cli.sweep" in modules_after(code)


def settings():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["options"]


def test_every_package_folder_is_in_setup_cfg():
    inits = {p: r for r, folder in SOURCES.items() for p in folder.rglob("__init__.py")}
    found = {".".join(p.parent.relative_to(SOURCES[root]).parts) for p, root in inits.items()}
    assert set(settings()["packages"].split()) == found


def test_every_package_has_its_folder_in_setup_cfg():
    lines = [line.split(" = ") for line in settings()["package_dir"].strip().splitlines()]
    expected = {p: f"{root}/{p}" for root, packages in PACKAGES.items() for p in packages}
    assert dict(lines) == expected


@pytest.mark.parametrize("package", [p for packages in PACKAGES.values() for p in packages])
def test_every_package_says_that_it_is_typed(package):
    (folder,) = ROOT.glob(f"*/{package}/__init__.py")
    assert (folder.parent / "py.typed").is_file()


@pytest.mark.parametrize("hook", [h for h in vars(hooks) if h.startswith("register_")])
def test_every_hook_is_in_the_guide_to_plugins(hook):
    guide = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
    assert re.search(rf"`{hook}\b", guide) or re.search(rf"def {hook}\(", guide)
