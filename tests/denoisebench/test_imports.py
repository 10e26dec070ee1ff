"""The import rules of the design, read from the source, and what start-up must not import."""

import ast
import configparser
import re
import subprocess
import sys
from pathlib import Path

import pytest

from denoisebench.plugin import hooks as hookspecs

ROOT = Path(__file__).parents[2]
SOURCES = {name: ROOT / name for name in ("benchmark", "methods", "datasets", "reports")}
PACKAGES = {
    root: sorted(p.parent.name for p in folder.glob("*/__init__.py"))
    for root, folder in SOURCES.items()
}
KEPT_FROM_METHODS = {
    f"denoisebench.{name}"
    for name in [
        "cli",
        "plugins",
        "plan",
        "planner",
        "runner",
        "results",
        "metrics",
        "fitting",
        "foreign",
        "given",
        "evaluation",
        "ranked",
        "ranking",
        "standings",
        "standings_text",
        "cost",
        "stored",
        "oracle",
    ]
}
SHOWN_TO_REPORTS = {
    f"denoisebench.{name}"
    for name in (
        *("budgets", "curves", "errors", "files", "hookspecs", "interfaces", "interval"),
        *("oracle", "orientations", "protocol", "results", "specs"),
    )
}
SHOWN_TO_DATASETS = {
    f"denoisebench.{name}" for name in ("errors", "hookspecs", "images", "interfaces", "specs")
}


def files(*roots):
    return [p for root in roots for p in sorted(SOURCES[root].rglob("*.py"))]


def imported(path):
    """Every module that a file imports, anywhere in it; `from a import b` counts as a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write the whole name of the module"
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def of(name, modules):
    """Whether a name is one of the modules or lies in one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def label(path):
    return path.relative_to(ROOT).as_posix()


def test_there_is_something_to_check():
    assert all(PACKAGES.values())
    assert "denoisebench" in PACKAGES["benchmark"]
    assert {"classical", "noise2score"} <= set(PACKAGES["methods"])


@pytest.mark.parametrize("path", files("benchmark"), ids=label)
def test_the_core_imports_no_method_data_set_or_report(path):
    below = [p for root in ("methods", "datasets", "reports") for p in PACKAGES[root]]
    assert not [name for name in imported(path) if of(name, below)]


@pytest.mark.parametrize("path", files("methods"), ids=label)
def test_a_method_imports_what_plugins_are_made_of_and_no_other_method(path):
    own = path.relative_to(SOURCES["methods"]).parts[0]
    others = [p for root in ("methods", "datasets", "reports") for p in PACKAGES[root] if p != own]
    kept = [*KEPT_FROM_METHODS, *others]
    assert not [name for name in imported(path) if of(name, kept)]


@pytest.mark.parametrize("path", files("datasets"), ids=label)
def test_a_data_set_imports_no_torch_and_little_of_the_core(path):
    names = imported(path)
    assert not [name for name in names if of(name, ["torch", "pandas"])]
    assert not [name for name in names if of(name, PACKAGES["methods"] + PACKAGES["reports"])]
    core = {name for name in names if name.startswith("denoisebench.")}
    assert not [name for name in core if not of(name, SHOWN_TO_DATASETS)]


@pytest.mark.parametrize("path", files("reports"), ids=label)
def test_a_report_imports_results_and_no_torch(path):
    names = imported(path)
    assert not [name for name in names if of(name, ["torch"])]
    assert not [name for name in names if of(name, PACKAGES["methods"] + PACKAGES["datasets"])]
    core = {name for name in names if name.startswith("denoisebench.")}
    assert not [name for name in core if not of(name, SHOWN_TO_REPORTS)]


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


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_neither_torch_nor_numpy_nor_pandas(arguments):
    code = f"""
import sys
sys.argv = ["bench", *{arguments}]
from denoisebench.cli import main
try:
    main()
except SystemExit as leaving:
    assert leaving.code == 0
"""
    modules = modules_after(code)
    assert "denoisebench.cli" in modules
    assert not modules & {"torch", "numpy", "pandas", "PIL", "skimage", "scipy"}


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


@pytest.mark.parametrize("hook", [h for h in vars(hookspecs) if h.startswith("register_")])
def test_every_hook_is_in_the_guide_to_plugins(hook):
    guide = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")
    assert re.search(rf"`{hook}\b", guide) or re.search(rf"def {hook}\(", guide)
