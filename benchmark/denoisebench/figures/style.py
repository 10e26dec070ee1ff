"""The look of figures and how they are written."""

from collections.abc import Callable, Sequence
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


def check_ending(out: Path, option: str = "--out", endings: Sequence[str] = ENDINGS) -> None:
    """Raise UserError for a file that has none of the endings.

    option: by which it was asked for.
    """
    if out.suffix.lower() not in endings:
        words = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UserError(f"{option} {out}: give a file that ends in {words}")


def write_figure(
    make: Callable[[], "Figure"],
    out: Path,
    option: str = "--out",
    endings: Sequence[str] = ENDINGS,
) -> None:
    """Write a figure to `out`, in the format of its ending, which is one of `endings`.

    make: builds it, in matplotlib's own style.  option: by which `out` was asked for.  Raises
    UserError when `out` cannot be written.
    """
    import matplotlib as mpl
    from matplotlib import style

    check_ending(out, option, endings)
    # Whatever style the user has set up is put aside, and is back afterwards.
    same_bytes = mpl.rc_context({"svg.hashsalt": "denoisebench", "svg.fonttype": "none"})
    with style.context("default"), same_bytes:
        figure = make()
        ending = out.suffix.lower().removeprefix(".")
        undated = {"svg": "Date", "pdf": "CreationDate"}
        metadata = {undated[ending]: None} if ending in undated else {}
        with whole_file(out) as file:
            figure.savefig(file, format=ending, dpi=DPI, metadata=metadata)
