"""Published tables, checked against what the plugins offer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from denoisebench.errors import UserError, unknown_name
from denoisebench.noise.family import NoiseFamily
from denoisebench.plugin.image_source import ImageSource
from denoisebench.plugin.published import PublishedFigure, PublishedTable
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocols import labelled
from denoisebench.specs import parse_spec


def checked_figures(
    table: PublishedTable,
    noises: Mapping[str, NoiseFamily],
    image_sets: Mapping[str, ImageSource],
    protocols: Mapping[str, Protocol],
) -> Sequence[PublishedFigure]:
    """The figures of a table under the specs that results have, which a noise that no plugin offers
    does not have.

    Raises UserError for a file that is not as it should be, an unknown data set or protocol, and a
    figure that is there twice, in whatever words.
    """
    figures = [_canonical(figure, table, noises) for figure in table.read()]
    places: set[tuple[str, ...]] = set()
    for figure in figures:
        name = parse_spec(figure.dataset).name
        if name not in image_sets:
            raise UserError(f"{table.file}: {unknown_name('data set', name, image_sets)}")
        if figure.protocol and labelled(figure.protocol, protocols) is None:
            raise UserError(f"{table.file}: {figure.protocol} is no label of a protocol")
        if figure.place in places:
            raise UserError(f"{table.file}: {', '.join(figure.place)} is there twice")
        places.add(figure.place)
    return figures


def _canonical(
    figure: PublishedFigure, table: PublishedTable, noises: Mapping[str, NoiseFamily]
) -> PublishedFigure:
    """A figure under the spec that results have of its noise: of `poisson-peak:30`, that is
    `poisson:0.03333333333`."""
    try:
        spec = parse_spec(figure.noise)
        noise = str(noises[spec.name].parse(spec)) if spec.name in noises else figure.noise
    except UserError as error:
        raise UserError(f"{table.file}: {error}") from None
    return replace(figure, noise=noise)
