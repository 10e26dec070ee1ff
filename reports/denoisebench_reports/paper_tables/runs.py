"""The runs that fill the table of a paper."""

from collections.abc import Mapping, Sequence

from denoisebench.plugin import PublishedFigure
from denoisebench_reports.paper_tables.cells import places_of, read_paper
from denoisebench_reports.paper_tables.definition import Column, definition


def runs(
    name: str, published: Mapping[str, Sequence[PublishedFigure]]
) -> Sequence[Mapping[str, str]]:
    """Settings of `bench run` for each noise and column of a file's table, noise by noise."""
    table = definition(name)
    sets: dict[tuple[str, Column], list[str]] = {}
    for place in places_of(read_paper(table, published, {})):
        sets.setdefault((place.noise, place.column), []).append(place.dataset)
    return [
        {
            "method": column.method,
            "noise": noise,
            "parameters": column.parameters,
            "datasets": ",".join(datasets),
            "protocol": table.protocol.rpartition("-")[0],
            "seed": table.seed,
            "draws": column.draws,
        }
        for (noise, column), datasets in sets.items()
    ]
