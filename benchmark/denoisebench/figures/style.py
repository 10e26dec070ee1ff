"""The look of figures and how they are written."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from denoisebench.errors import UserError
from denoisebench.files import whole_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure


ENDINGS = (".png", ".svg")


COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which the colour-blind can tell apart, without the yellow."""


DASHES = ("-", "--", ":", "-.")


LEGEND_LINE_INCHES = 0.22


DPI = 150


def check_ending(out: Path, option: str = "--out") -> None:
    """Raise UserError for a file that is neither PNG nor SVG by its name.

    option: by which it was asked for.
    """
    if out.suffix.lower() not in ENDINGS:
        raise UserError(f"{option} {out}: give a file that ends in .png or .svg")


def write_figure(make: Callable[[], "Figure"], out: Path, option: str = "--out") -> None:
    """Write a figure to `out`, a PNG or SVG by its name.

    make: builds it, in matplotlib's own style.  option: by which `out` was asked for.  Raises
    UserError when `out` cannot be written.
    """
    import matplotlib as mpl
    from matplotlib import style

    check_ending(out, option)
    # Whatever style the user has set up is put aside, and is back afterwards.
    same_bytes = mpl.rc_context({"svg.hashsalt": "denoisebench", "svg.fonttype": "none"})
    with style.context("default"), same_bytes:
        figure = make()
        ending = out.suffix.lower().removeprefix(".")
        metadata = {"Date": None} if ending == "svg" else {}
        with whole_file(out) as file:
            figure.savefig(file, format=ending, dpi=DPI, metadata=metadata)
