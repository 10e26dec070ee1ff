"""Published figures, to show next to ours, by what they are of.

They were computed under the papers' own protocols; where that is one of ours, their file says so.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from denoisebench.plugin import PublishedFigure

Place = tuple[str, str, str, str]  # noise, parameters, dataset, method

Figures = Mapping[Place, Sequence[PublishedFigure]]


def sound_figures(tables: Mapping[str, Sequence[PublishedFigure]]) -> Figures:
    """The figures that are in no doubt.  Where several papers have one, the first table's first.

    tables: as `Results.published` has them.
    """
    found: defaultdict[Place, list[PublishedFigure]] = defaultdict(list)
    for figures in tables.values():
        for figure in figures:
            if not figure.doubt:
                found[figure.place].append(figure)
    return dict(found)
