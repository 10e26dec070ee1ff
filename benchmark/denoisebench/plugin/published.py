"""Published figures: a paper's table as a CSV file."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from denoisebench.errors import UserError

COLUMNS = ("noise", "parameters", "dataset", "method", "psnr_db", "flag")
"""Of a table's file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFigure:
    """A mean PSNR as a paper prints it.

    noise, dataset, method: specs; a method has its default settings, or those of the spec.
    parameters: `known` or `unknown`.  source: the paper and the table.  protocol: the label of the
    one here that it was computed under; empty for another.  images: what was done to the data set's
    images first; empty for nothing.  megapixels, draws (`fixed`, `fresh`): of the training; NaN and
    empty where they are not stated.  doubt: why it is not to be compared with; empty for no doubt.

    >>> figure = PublishedFigure(noise="gaussian:25", parameters="known", dataset="set12",
    ...     method="noise2score", psnr_db=30.13, source="Kim & Ye, NeurIPS 2021, Table 2")
    >>> figure.psnr_db, figure.protocol
    (30.13, '')
    """

    noise: str
    parameters: str
    dataset: str
    method: str
    psnr_db: float
    source: str
    protocol: str = ""
    images: str = ""
    megapixels: float = math.nan
    draws: str = ""
    doubt: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """The key that it shares with a result: noise, parameters, data set, method."""
        return self.noise, self.parameters, self.dataset, self.method


@dataclass(frozen=True, slots=True)
class PublishedTable:
    """The figures of a paper, in a CSV file: see docs/writing-a-plugin.md.

    name: of the table, as results do not have it.  file: beside the plugin.

    >>> PublishedTable("r2r-table1", Path("r2r_table1.csv")).name
    'r2r-table1'
    """

    name: str
    file: Path

    def read(self) -> Sequence[PublishedFigure]:
        """The figures, in the order of the file.

        Raises UserError, with the line, for a file that is not as it should be.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{self.file} cannot be read: {error}") from None
        from denoisebench.plugin.published_file import PublishedFile

        return PublishedFile(self.file, text.splitlines()).figures()
