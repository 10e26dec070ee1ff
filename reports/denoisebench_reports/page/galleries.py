"""The page's view of the images of one set: their PSNRs, and pictures to look through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from denoisebench.results.summary import image_scores
from denoisebench.scoring.average import means_of_images
from denoisebench_reports.page.image_plot import image_plot, spreads
from denoisebench_reports.page.pictures import Album, Triple, picture_files, picture_folders
from denoisebench_reports.page.plots import NARROW_PX, WIDE_PX
from denoisebench_reports.tables.columns import is_of_baseline

if TYPE_CHECKING:
    import pandas as pd

DatasetRows = Sequence[tuple[str, "pd.DataFrame"]]  # name of a column, its rows on one image set


@dataclass(frozen=True, slots=True)
class Line:
    """One image: the PSNR of its noisy version and of each method's estimate; NaN where none is."""

    image: str
    noisy_psnr_db: float
    psnr_db: Sequence[float]

    @property
    def best(self) -> float:
        """The highest, as printed; NaN with fewer than two methods, and where all are exact."""
        known = [round(value, 2) for value in self.psnr_db if not np.isnan(value)]
        exact_for_all = all(map(np.isinf, known))
        return max(known) if len(known) > 1 and not exact_for_all else np.nan


@dataclass(frozen=True, slots=True)
class Gallery:
    """The images of one set under one condition.

    methods: names of columns.  data: for the page's script; its `views` are noisy, the methods with
    pictures, and clean; an image's `keys` are the pictures of these, null if there is none.
    """

    key: str
    dataset: str
    methods: Sequence[str]
    lines: Sequence[Line]
    data: Mapping[str, Any]

    @property
    def plots(self) -> list[str]:
        """Each image's distance from the best method, wide and narrow; none of fewer than two."""
        of_method = {
            name: {line.image: line.psnr_db[number] for line in self.lines}
            for number, name in enumerate(self.methods)
        }
        best, rows = spreads(of_method)
        kinds = ((WIDE_PX, "wide"), (NARROW_PX, "narrow")) if rows else ()
        return [image_plot(best, rows, width, kind) for width, kind in kinds]


def galleries(
    condition: str, shown: Sequence[tuple[str, DatasetRows]], results: Path, album: Album
) -> list[Gallery]:
    """The galleries of a condition's image sets.  Takes the pictures into `album`."""
    folders = picture_folders(results)
    return [
        _gallery(f"{condition}s{number}", dataset, columns, folders, album)
        for number, (dataset, columns) in enumerate(shown)
    ]


def _gallery(
    key: str, dataset: str, columns: DatasetRows, folders: Mapping[str, Path], album: Album
) -> Gallery:
    images = list(columns[0][1]["image"].unique())
    methods = [name for name, _ in columns if not is_of_baseline(name)]
    means = {name: means_of_images(image_scores(rows, "psnr_db")) for name, rows in columns}
    noisy = means_of_images(image_scores(columns[0][1], "noisy_psnr_db"))
    lines = [
        Line(
            image,
            noisy[image],
            [means[name].get(image, np.nan) for name in methods],
        )
        for image in images
    ]
    seed, cells = _pictured(columns, folders)
    data = _data(lines, methods, {name: folders[cell] for name, cell in cells.items()}, album)
    return Gallery(key, dataset, methods, lines, {"seed": seed, **data})


def _pictured(
    columns: DatasetRows, folders: Mapping[str, Path]
) -> tuple[int | None, dict[str, str]]:
    """The seed with pictures of the most methods, and the cell of each with them there."""
    by_seed: dict[int, dict[str, str]] = {}
    for name, rows in columns:
        for seed, cell in rows[["seed", "cell"]].drop_duplicates().itertuples(index=False):
            if cell in folders:
                by_seed.setdefault(int(seed), {})[name] = cell
    if not by_seed:
        return None, {}
    seed = max(sorted(by_seed), key=lambda seed: len(by_seed[seed]))
    return seed, by_seed[seed]


def _data(
    lines: Sequence[Line], methods: Sequence[str], folders: Mapping[str, Path], album: Album
) -> dict[str, Any]:
    names = [line.image for line in lines]
    files = {name: picture_files(folder, names) for name, folder in folders.items()}
    shown = [name for name in methods if name in folders]
    images = []
    for line in lines:
        opened = {name: album.open(paths[line.image]) for name, paths in files.items()}
        triples = {name: triple for name, triple in opened.items() if triple is not None}
        if triples:
            images.append(_image(line, methods, shown, triples))
    return {"views": ["noisy", *shown, "clean"] if images else [], "images": images}


def _image(
    line: Line, methods: Sequence[str], shown: Sequence[str], triples: Mapping[str, Triple]
) -> dict[str, Any]:
    any_of_them = next(iter(triples.values()))
    psnr_db = dict(zip(methods, line.psnr_db, strict=True))
    denoised = [triples[name].denoised if name in triples else None for name in shown]
    values = [line.noisy_psnr_db, *(psnr_db[name] for name in shown)]
    return {
        "id": line.image,
        "width": any_of_them.width,
        "height": any_of_them.height,
        "keys": [any_of_them.noisy, *denoised, any_of_them.clean],
        "psnr": [*(round(value, 2) if np.isfinite(value) else None for value in values), None],
    }


def within(galleries: Sequence[Gallery], album: Album, most: int) -> tuple[list[Gallery], int]:
    """The galleries with pictures of as many images as have at most `most`
    characters together, and the number of images left out.  Drops other pictures from `album`.

    Each gallery keeps its first images, none of them more than another if it has them.
    """
    longest = max((len(gallery.data["images"]) for gallery in galleries), default=0)
    kept: set[str] = set()
    count = 0
    while count < longest:
        more = kept.union(*(_keys(gallery, count + 1) for gallery in galleries))
        if sum(len(album.pictures[key]) for key in more) > most:
            break
        kept, count = more, count + 1
    for key in album.pictures.keys() - kept:
        del album.pictures[key]
    left_out = sum(max(0, len(gallery.data["images"]) - count) for gallery in galleries)
    cut = [replace(g, data={**g.data, "images": g.data["images"][:count]}) for g in galleries]
    return cut, left_out


def _keys(gallery: Gallery, count: int) -> set[str]:
    """The pictures of a gallery's first images."""
    return {key for image in gallery.data["images"][:count] for key in image["keys"] if key}
