"""`bench results share`: a site that opens from a disk and from a server, and holds the results."""

import re
import zipfile
from pathlib import Path

import pytest
from bench import bench, make_images
from chromium import find, open_page

from denoisebench.sharing import site


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of two methods, their images saved, and a site of them."""
    place = tmp_path_factory.mktemp("place")
    make_images(place / "photos", 2)
    asked = ("--methods", "tv,wavelet", "--datasets", "folder:photos", "--save-images")
    assert bench("compare", *asked, cwd=place).returncode == 0
    made = bench("results", "share", "site", "--title", "Ours <&>", cwd=place)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("saved as site, 9 files, 0."), made.stdout
    return place


def test_each_link_of_the_first_page_is_a_file_of_the_site(place: Path) -> None:
    text = (place / "site" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'(?:href|src)="(?!data:)([^"]*)"', text)
    assert {"report.html", "results.csv", "results.json", "plots/images-1.png"} <= set(links)
    for link in links:
        assert (place / "site" / link).is_file(), link
    assert "Ours &lt;&amp;&gt;" in text
    assert not re.findall(r"https?:", text)


def test_the_reports_are_those_of_bench_report(place: Path) -> None:
    for name, file in (("csv", "results.csv"), ("table", "table.txt"), ("json", "results.json")):
        bench("report", "--format", name, "--out", "made", cwd=place)
        assert (place / "made").read_bytes() == (place / "site" / file).read_bytes()


def test_the_archive_is_a_folder_of_results(place: Path) -> None:
    with zipfile.ZipFile(place / "site" / "results.zip") as archive:
        archive.extractall(place / "unpacked")
    same = bench("report", "--results", "unpacked", "--against", "results", cwd=place)
    assert "2 cells are equal, image by image." in same.stdout


def test_methods_can_be_chosen(place: Path) -> None:
    made = bench("results", "share", "one", "--methods", "tv", cwd=place)
    assert made.returncode == 0, made.stderr
    assert "wavelet" not in (place / "one" / "index.html").read_text(encoding="utf-8")


def test_a_folder_with_files_is_refused_in_a_line_and_stays(place: Path) -> None:
    (place / "mine").mkdir()
    (place / "mine" / "thesis.tex").write_text("all of it")
    made = bench("results", "share", "mine", cwd=place)
    assert made.returncode == 2
    assert made.stderr == "bench: mine is not empty; give a new folder, or empty this one\n"
    assert (place / "mine" / "thesis.tex").read_text() == "all of it"
    (place / "file").write_text("")
    assert (
        "file is a file; give a new folder" in bench("results", "share", "file", cwd=place).stderr
    )


def test_an_empty_folder_is_filled(place: Path) -> None:
    (place / "empty").mkdir()
    assert bench("results", "share", "empty", cwd=place).returncode == 0
    assert (place / "empty" / "index.html").is_file()


def test_a_site_that_is_too_large_is_refused_and_nothing_is_left(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site, "LARGEST_MB", 0.01)
    made = bench("results", "share", "large", cwd=place)
    assert made.returncode == 2
    assert "choose fewer results with --methods, --datasets or --noise" in made.stderr
    assert not (place / "large").exists()
    assert not list(place.glob(".large*"))


def test_an_archive_that_makes_it_too_large_is_left_out(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [path for path in (place / "site").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files if path.name != "results.zip")
    monkeypatch.setattr(site, "LARGEST_MB", (size + 500) / 1e6)
    made = bench("results", "share", "small", cwd=place)
    assert made.returncode == 0, made.stderr
    assert made.stderr.startswith("left out: results.zip")


@pytest.mark.browser
def test_a_browser_shows_the_first_page_whole_and_complains_of_nothing(
    place: Path, tmp_path: Path
) -> None:
    chromium = find()
    if chromium is None:
        pytest.skip("there is no Chromium on this machine: `apt-get install chromium` brings it")
    with open_page(chromium, tmp_path) as page:
        for width, phone in ((1400, False), (390, True)):
            page.resize(width, 900, phone=phone)
            page.open(place / "site" / "index.html")
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
        assert [p for method, p in page.events if method == "Log.entryAdded"] == []
