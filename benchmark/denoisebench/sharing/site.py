"""A static site of stored results: a first page, reports as files, plots, and the results.

Any web server can serve the folder, and a browser shows it from a disk too.  Nothing in it is
loaded from elsewhere.
"""

import io
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from denoisebench.errors import UserError
from denoisebench.figures.image_figure import draw_images
from denoisebench.figures.saved_pictures import condition_of, rows_of
from denoisebench.figures.training_curves import draw
from denoisebench.files import told_of_writing, write_whole
from denoisebench.results.records import CellResult
from denoisebench.results.results import Results
from denoisebench.results.store import cell_path
from denoisebench.results.training_history import Training, open_trainings

REPORTS = {
    "html": ("report.html", "report page: tables, cost, images, all in one file"),
    "table": ("table.txt", "table as text, with the comparison with published figures"),
    "markdown": ("table.md", "table in Markdown"),
    "latex": ("table.tex", "table in LaTeX"),
    "csv": ("results.csv", "a line for each method, noise and image set"),
    "json": ("results.json", "the same, and the scores of every image"),
}
"""Report -> its file, and the file in words."""

CELLS = "results.zip"
LARGEST_MB = 25.0
FIRST_PAGE_BYTES = 50_000
"""Room for the first page, which is written last."""
MOST_IMAGES = 4
"""Figures of images, of about 0.5 MB each."""


@dataclass(frozen=True, slots=True)
class Site:
    """A written site: the number of its files, their size, and what was left out, in words."""

    files: int
    megabytes: float
    left_out: tuple[str, ...]


def share(results: Results, out: Path, title: str) -> Site:
    """Write the site into `out`, a folder that is new or empty; whole, or nothing of it.

    Raises UserError for a folder with files in it, for a site of more than `LARGEST_MB`, and when
    a file cannot be written.
    """
    refuse_filled(out)
    with _made_whole(out) as place:
        for name, (file, _) in REPORTS.items():
            if name in results.reports:
                write_whole(place / file, results.render(name).encode())
        (place / "plots").mkdir()
        plots = [*_draw_images(results, place), *_draw_trainings(results, place)]
        if not plots:
            (place / "plots").rmdir()
        left_out = _pack(results.cells, results.folder, place)
        write_whole(place / "index.html", _first_page(results, title, place, plots).encode())
        sizes = [path.stat().st_size for path in place.rglob("*") if path.is_file()]
        megabytes = sum(sizes) / 1e6
        if megabytes > LARGEST_MB:
            raise UserError(
                f"the site would have {megabytes:.0f} MB, more than {LARGEST_MB:.0f}; choose fewer"
                " results with --methods, --datasets or --noise"
            )
    return Site(len(sizes), megabytes, tuple(left_out))


def refuse_filled(out: Path) -> None:
    """Raise UserError for what is not a new or an empty folder."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise UserError(f"{out} is a file; give a new folder")
    if out.is_dir() and any(out.iterdir()):
        raise UserError(f"{out} is not empty; give a new folder, or empty this one")


@contextmanager
def _made_whole(out: Path) -> Iterator[Path]:
    """A hidden folder that becomes `out` in the end, and goes if anything fails."""
    place = out.parent / f".{out.name}.part"
    with told_of_writing(out):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    try:
        yield place
        with told_of_writing(out):
            if out.is_dir():
                out.rmdir()
            place.rename(out)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _draw_images(results: Results, place: Path) -> list[tuple[str, str]]:
    """An image of each set under each noise, if the runs saved them: files, and what they show."""
    made: list[tuple[str, str]] = []
    for condition in dict.fromkeys(map(condition_of, results.scored)):
        cells = [cell for cell in results.scored if condition_of(cell) == condition]
        try:
            rows = rows_of(cells, results.folder, ())
        except UserError:  # no pictures, or damaged ones, which the report page names
            continue
        file = f"plots/images-{len(made) + 1}.png"
        draw_images(rows, None, place / file)
        noise, parameters, dataset, _ = condition
        made.append((file, f"{rows[0].image} of {dataset}, {noise}, parameters {parameters}"))
        if len(made) == MOST_IMAGES:
            break
    return made


def _draw_trainings(results: Results, place: Path) -> list[tuple[str, str]]:
    """The curves of trainings in a figure: its file, and what it shows; none without trainings."""
    ids = dict.fromkeys(cell.training for cell in results.scored if cell.training)
    trainings: list[Training] = []
    for training in ids:
        if (results.folder / "trainings" / training / "history.json").is_file():
            with suppress(UserError):  # the report page names one that cannot be read
                trainings += open_trainings([training], results.folder)
    if not trainings:
        return []
    draw(trainings, "megapixels", place / "plots" / "trainings.png")
    return [("plots/trainings.png", f"Losses of {len(trainings)} trainings over megapixels")]


def _pack(cells: Sequence[CellResult], folder: Path, place: Path) -> list[str]:
    """The stored results as one archive, unless they make the site too large."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for cell in cells:
            path = cell_path(folder, cell.cell)
            entry = zipfile.ZipInfo(f"cells/{path.name}", (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    taken = sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    if taken + len(packed.getvalue()) + FIRST_PAGE_BYTES > 1e6 * LARGEST_MB:
        return [f"{CELLS}, since the site would have more than {LARGEST_MB:.0f} MB"]
    write_whole(place / CELLS, packed.getvalue())
    return []


def _first_page(results: Results, title: str, place: Path, plots: Sequence[tuple[str, str]]) -> str:
    """The page that a visitor sees first."""
    said = [*REPORTS.values(), (CELLS, "stored results, one JSON file each; see below")]
    items = [
        f'<li><a href="{file}">{file}</a>: {words} ({_size(place / file)})</li>'
        for file, words in said
        if (place / file).is_file()
    ]
    shown = [
        f'<figure><img src="{file}" alt="{escape(words)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for file, words in plots
    ] or ["<p>None: no images and no trainings are stored with these results.</p>"]
    names = {
        field: list(dict.fromkeys(getattr(cell, field) for cell in results.scored))
        for field in ("method", "noise", "dataset")
    }
    page = Template((files("denoisebench.sharing") / "first_page.html").read_text(encoding="utf-8"))
    return page.substitute(
        title=escape(title),
        methods=escape(", ".join(names["method"])),
        noises=escape(", ".join(names["noise"])),
        sets=escape(", ".join(names["dataset"])),
        cells=len(results.scored),
        table=escape(results.render("table").strip()) if "table" in results.reports else "",
        files="\n".join(items),
        plots="\n".join(shown),
    )


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"
