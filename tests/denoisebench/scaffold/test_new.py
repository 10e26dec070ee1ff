"""What `bench new` writes passes `bench check` and runs, for each kind of plugin and evidence."""

import re
import sys
from pathlib import Path

import pytest
from bench import bench, make_images

from denoisebench.conformance import checks
from denoisebench.registry.loader import import_plugin
from denoisebench.scaffold.kinds import IMAGE, KINDS, TRAININGS, UNTRAINED
from denoisebench.scaffold.plugin_name import PluginName
from denoisebench.scaffold.writing import package_files, write_module

EACH = [
    *(("method", evidence) for evidence in (UNTRAINED, IMAGE, *TRAININGS)),
    *((kind, UNTRAINED) for kind in KINDS if kind != "method"),
]
NAME = PluginName("new-one")


@pytest.mark.parametrize(("kind", "evidence"), EACH)
def test_what_is_written_passes_each_check(kind: str, evidence: str, tmp_path: Path) -> None:
    file = write_module(NAME, kind, evidence, tmp_path)
    outcomes = {check.id: check.run() for check in checks(import_plugin(str(file)))}
    assert {name: str(o) for name, o in outcomes.items() if o.failed} == {}
    assert outcomes["names"].status == "PASS"


@pytest.mark.parametrize(("kind", "evidence"), EACH)
def test_what_is_written_runs(kind: str, evidence: str, tmp_path: Path) -> None:
    write_module(NAME, kind, evidence, tmp_path)
    make_images(tmp_path / "train", 2)
    make_images(tmp_path / "test", 1, seed=1)
    given = {
        "method": ("--method", "new-one", "--train-set", "folder:train", "--budget", "smoke"),
        "noise": ("--method", "identity", "--noise", "new-one:25"),
        "images": ("--method", "identity", "--datasets", "new-one"),
        "report": ("--method", "identity", "--format", "new-one"),
        "executor": ("--method", "identity", "--workers", "new-one"),
        "tracker": ("--method", "identity", "--track", "new-one:log.txt"),
    }[kind]
    data = () if "--datasets" in given else ("--datasets", "folder:test")
    done = bench("run", "--plugin", NAME.file, *given, *data, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b[1-4]\d\.\d\d?", done.stdout), done.stdout


@pytest.mark.parametrize(("kind", "evidence"), EACH)
def test_a_package_has_all_that_its_readme_names(kind: str, evidence: str) -> None:
    made = package_files(NAME, kind, evidence)
    source = "src/denoisebench_new_one"
    assert {"pyproject.toml", "README.md", f"{source}/__init__.py", f"{source}/py.typed"} <= set(
        made
    )
    assert (f"{source}/loss.py" in made) == (evidence != UNTRAINED)
    assert (f"{source}/published.csv" in made) == (kind == "method")
    assert not [path for path, text in made.items() if "$" in text]
    assert len(re.findall(r"^(?:python -m pip|bench) ", made["README.md"], re.MULTILINE)) == 4


def test_every_comment_leads_to_a_heading() -> None:
    page = Path(__file__).parents[3] / "docs" / "writing-a-plugin.md"
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    for kind, evidence in EACH:
        text = "".join(package_files(NAME, kind, evidence).values())
        named = re.findall(r"docs/writing-a-plugin\.md#(\S+)", text)
        assert named
        assert set(named) <= anchors


def test_the_last_line_is_the_next_command(tmp_path: Path) -> None:
    done = bench("new", "method", "new-one", "--file", cwd=tmp_path)
    assert done.stdout == "new_one.py is written.  Next:\nbench check new_one.py\n"
    done = bench("new", "noise", "new-two", cwd=tmp_path)
    said = f"{sys.executable} -m pip install --no-deps --no-build-isolation -e "
    assert done.stdout.splitlines()[-1].startswith(said)
    assert (tmp_path / "denoisebench-new-two" / "README.md").is_file()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("method", "tv"), "'tv' is the name of another method; give another"),
        (("executor", "slurm", "--file"), "'slurm' is the name of another executor; give another"),
        (("method", "My_Method"), "the name 'My_Method' cannot be used; write words in lower case"),
        (("noise", "new-one", "--evidence", "clean"), "--evidence is for methods; leave it out"),
        (("noise", "here"), "denoisebench-here exists; give another name or --dir"),
        (("noise", "here", "--file"), "here.py exists; give another name or --dir"),
    ],
)
def test_bad_input_is_said_in_a_line(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "denoisebench-here").mkdir()
    (tmp_path / "here.py").touch()
    done = bench("new", *arguments, cwd=tmp_path)
    assert done.stderr.startswith(f"bench: {said}")
    assert done.returncode == 2
    assert len(list(tmp_path.iterdir())) == 2


def test_a_package_that_can_be_imported_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "denoisebench_new_one.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    done = bench("new", "report", "new-one", cwd=tmp_path)
    assert "denoisebench_new_one can be imported here already" in done.stderr
    assert done.returncode == 2
