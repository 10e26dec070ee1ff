"""The figures of docs/gallery.md: runs each command of the page and keeps the pictures as WebP.

    python examples/studies/gallery.py

A folder of results is made for it and removed.  The weights are bundled, and the photographs are
part of scikit-image.  Takes eight minutes on one busy CPU core.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "gallery.md"
WIDEST_PX, QUALITY = 1100, 60


def commands(page: str) -> list[str]:
    """The commands of the page, in order."""
    return re.findall(r"^    (bench .*)$", page, re.MULTILINE)


def figure_of(command: str) -> str | None:
    """The file that a command draws, if it draws one."""
    found = re.search(r"--(?:out|plot) (\S+\.png)", command)
    return found[1] if found else None


def keep(figure: Path, folder: Path) -> None:
    """Keep a figure as WebP, no wider than a page shows it."""
    with Image.open(figure) as image:
        shown = image.convert("RGB")
    shown.thumbnail((WIDEST_PX, 10 * WIDEST_PX))
    shown.save(folder / f"{figure.stem}.webp", quality=QUALITY, method=6)


def main() -> None:
    bench = f'"{sys.executable}" -m denoisebench'
    with tempfile.TemporaryDirectory() as place:
        for command in commands(PAGE.read_text(encoding="utf-8")):
            print(command, flush=True)
            typed = bench + command.removeprefix("bench")
            subprocess.run(typed, shell=True, cwd=place, check=True, stdout=subprocess.DEVNULL)
            if figure := figure_of(command):
                keep(Path(place) / figure, DOCS / "gallery")


if __name__ == "__main__":
    main()
