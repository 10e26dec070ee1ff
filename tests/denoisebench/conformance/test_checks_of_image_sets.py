"""Each check of image sets, reports and published tables fails for a plugin that breaks its rule,
and no other one does."""

from pathlib import Path

import pytest
from broken import broken, failures, plugin

from denoisebench.conformance import checks

SET = """
import hashlib
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from denoisebench.plugin import GRAY, ImageFile, ImageSet, ImageSource, hookimpl

FOLDER = Path(__file__).with_name("images")


class Mine(ImageSource):
    name = "mine"
    summary = "the images beside this file"

    def open(self, spec):
        paths = sorted(FOLDER.glob("*.png"))
        return ImageSet(str(spec), GRAY, tuple(self.image(path) for path in paths))

    def image(self, path):
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return ImageFile(path.stem, sha256, partial(load, path), size=(8, 6))


def load(path):
    with Image.open(path) as image:
        return np.asarray(image, np.float32)[None] / np.float32(255)


@hookimpl
def register_image_sets():
    return [Mine()]
"""
REPORT = """
from denoisebench.plugin import Report, hookimpl


def render(results):
    if not results.cells:
        return ""
    return results.frame.to_string()


@hookimpl
def register_reports():
    return [Report("mine", "all rows", render)]
"""
TABLE = """
from pathlib import Path

from denoisebench.plugin import PublishedTable, hookimpl


@hookimpl
def register_published():
    return [PublishedTable("author-table1", Path(__file__).with_name("figures.csv"))]
"""
FIGURES = "# source: A. Author, Table 1\nnoise,parameters,dataset,method,psnr_db,flag\n"
FIGURE = "gaussian:25,known,set12,noise2noise,29.35,\n"
COUNTED = "        self.opened = getattr(self, 'opened', 0) + 1\n"
OPENED = "        paths = sorted"

BROKEN: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "signature": (SET, [("def open(self, spec):", "def open(self):"), ("str(spec)", '"mine"')]),
    "set-ids": (SET, [("(path.stem, sha256", "(path.stem[:1], sha256")]),
    "set-stable": (
        SET,
        [(OPENED, COUNTED + OPENED), ("(path.stem,", "(path.stem + str(self.opened),")],
    ),
    "set-lazy": (SET, [("        sha256 =", "        load(path)\n        sha256 =")]),
    "set-pixels": (SET, [("[None] / np.float32(255)", "[None] / np.float64(255)")]),
    "set-size": (SET, [("(8, 6)", "(6, 8)")]),
    "report-one": (REPORT, [("to_string()", "to_string().encode()")]),
    "report-many": (
        REPORT,
        [("    return results.f", "    1 / (len(results.cells) < 10)\n    return results.f")],
    ),
    "report-empty": (
        REPORT,
        [('    if not results.cells:\n        return ""', "    results.cells[0]")],
    ),
    "report-runs": (REPORT, [("render)]", 'render, runs=lambda _: [{"method": "tv"}])]')]),
    "names": (REPORT, [('"all rows"', '"all rows, " * 9')]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from PIL import Image

    (tmp_path / "images").mkdir()
    for name in ("a1", "a2"):
        Image.new("L", (6, 8), 100).save(tmp_path / "images" / f"{name}.png")
    (tmp_path / "figures.csv").write_text(FIGURES + FIGURE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("source", [SET, REPORT, TABLE], ids=["set", "report", "table"])
def test_a_sound_one_fails_nothing(source: str, folder: Path) -> None:
    assert not failures(broken(folder, [], source))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_fails_its_check_and_no_other(name: str, folder: Path) -> None:
    source, changes = BROKEN[name]
    found = failures(broken(folder, changes, source))
    assert list(found) == [name], found


@pytest.mark.parametrize("source", [SET, REPORT, TABLE], ids=["set", "report", "table"])
def test_each_check_has_a_plugin_that_breaks_it(source: str, folder: Path) -> None:
    known = {check.id for check in checks(plugin(broken(folder, [], source)))}
    assert known - BROKEN.keys() - {"published"} == {"import-light"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (FIGURE, "is there twice"),
        ("gaussian:25,known,set13,noise2noise,29.35,\n", "unknown data set 'set13'"),
        ("gaussian:25,known,set12,29.35\n", "it has 4 fields, not 6"),
    ],
)
def test_a_wrong_table_of_figures_fails_with_its_file(line: str, said: str, folder: Path) -> None:
    with (folder / "figures.csv").open("a", encoding="utf-8") as file:
        file.write(line)
    found = failures(broken(folder, [], TABLE))
    assert list(found) == ["published"]
    assert said in found["published"]
    assert "(figures.csv)" in found["published"]
