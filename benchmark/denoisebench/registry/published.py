"""Published tables, checked against what the plugins offer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from denoisebench.errors import UserError, unknown_name
from denoisebench.noise.family import NoiseFamily
from denoisebench.noise.spread import noise_of
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

    Raises UserError for a malformed file, an unknown data set or protocol, and a figure that is
    given twice, in whatever words.
    """
    figures = table.read()
    specs = {noise: _spec_of(noise, table, noises) for noise in {f.noise for f in figures}}
    for dataset in dict.fromkeys(f.dataset for f in figures):
        name = parse_spec(dataset).name
        if name not in image_sets:
            unknown = unknown_name("data set", name, image_sets)
            raise UserError(f"{_place(table, dataset)}: {unknown}")
    for label in {f.protocol for f in figures if f.protocol}:
        if labelled(label, protocols) is None:
            where = _place(table, f"# protocol: {label}")
            raise UserError(f"{where}: {label} is no label of a protocol")
    places: set[tuple[str, ...]] = set()
    for place in ((specs[f.noise], *f.place[1:]) for f in figures):
        if place in places:
            raise UserError(f"{table.file}: {', '.join(place)} is there twice")
        places.add(place)
    return [f if specs[f.noise] == f.noise else replace(f, noise=specs[f.noise]) for f in figures]


def _place(table: PublishedTable, text: str) -> str:
    """The file, and the first of its lines that is this text or has it in a field."""
    for number, line in enumerate(table.file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.strip() == text or (not line.startswith("#") and text in line.split(",")):
            return f"{table.file}, line {number}"
    return str(table.file)


def _spec_of(noise: str, table: PublishedTable, noises: Mapping[str, NoiseFamily]) -> str:
    """The spec that results have of a noise: of `poisson-peak:30`, that is
    `poisson:0.03333333333`."""
    try:
        spec = parse_spec(noise)
        return str(noise_of(noises[spec.name], spec)) if spec.name in noises else noise
    except UserError as error:
        raise UserError(f"{_place(table, noise)}: {error}") from None
