"""The TOML files of papers' tables: their noises, columns, presets, and a page of each."""

import pytest
from a_result import results_of

from denoisebench.registry.loader import load
from denoisebench_reports.paper_tables.cells import fill, places_of, read_paper
from denoisebench_reports.paper_tables.definition import TABLES, Column, definition
from denoisebench_reports.paper_tables.page import render_paper_table

NB2NB = "neighbor2neighbor_table1"
REGISTRIES = load()


def line_of(method, **changes):
    """A result of Neighbor2Neighbor's table."""
    usual = {"dataset": "kodak", "protocol": "neighbor2neighbor-1", "psnr_db": [31.9]}
    return {**usual, "method": method, **changes}


def filled_with(make_cell, *changes):
    cells = [
        make_cell(**{"cell": f"c{n}", "training": f"7ea{n}", **line_of(**change)})
        for n, change in enumerate(changes)
    ]
    results = results_of(cells)
    return fill(read_paper(definition(NB2NB), results.published, results.protocols), results)


@pytest.mark.parametrize("name", TABLES)
def test_noises_methods_sets_and_protocols_of_a_file_are_those_of_the_suite(name):
    table = definition(name)
    for noise in table.noises:
        assert str(REGISTRIES.noise(noise.typed)) == noise.noise
    for column, _ in table.columns:
        REGISTRIES.method(column.method)
    for dataset in table.datasets:
        REGISTRIES.source(dataset)
    assert table.protocol in {str(protocol) for protocol in REGISTRIES.protocols.values()}
    assert set(table.published) <= set(REGISTRIES.published)


def test_a_column_that_is_for_one_family_stands_in_its_noises_alone(make_cell):
    paper = filled_with(make_cell, {"method": "noise2noise"}).paper
    gaussian, *_, poisson = paper.noises
    assert Column("known", "bm3d") in paper.columns(gaussian)
    assert Column("known", "bm3d") not in paper.columns(poisson)
    assert Column("known", "anscombe-bm3d") in paper.columns(poisson)
    assert len(places_of(paper)) == 4 * 3 * len(paper.columns(gaussian))


def test_fixed_and_fresh_draws_have_columns_of_their_own_beside_one_published_figure(make_cell):
    fixed, fresh = (
        {"method": "neighbor2neighbor", "draws": draws, "psnr_db": [psnr_db]}
        for draws, psnr_db in (("fixed", 31.5), ("fresh", 31.9))
    )
    filled = filled_with(make_cell, fixed, fresh)
    found = {
        place.draws: filled.difference_db(place) for place in filled.places if filled.counts(place)
    }
    assert found == {"fixed": pytest.approx(-0.58), "fresh": pytest.approx(-0.18)}
    assert not filled.left_out


def test_fresh_draws_without_a_column_and_other_protocols_are_left_out_with_the_reason(make_cell):
    filled = filled_with(
        make_cell,
        {"method": "noise2noise", "draws": "fresh"},
        {"method": "noise2noise", "protocol": "nvlabs-1"},
        {"method": "noise2noise", "noise": "gaussian:5..50"},
        {"method": "neighbor2neighbor", "draws": "fixed, gaussian:50"},
        {"method": "dbsn", "parameters": "unknown", "draws": "fixed, gaussian:25"},
    )
    assert filled.left_out == {
        "of noises, image sets or methods that the paper's table does not have": 1,
        "trained on a noise that is neither the test's nor its blind range": 1,
        "trained on fresh draws": 1,
        "under protocols other than neighbor2neighbor-1": 1,
    }
    assert [entry.line.method for entry in filled.chosen] == ["dbsn"]


def test_a_page_names_the_noises_as_people_type_them_and_gives_every_dash_a_reason(make_cell):
    page = render_paper_table(NB2NB, results_of([make_cell(**line_of("noise2noise"))]))
    assert "### poisson-peak:5..50:spread=even" in page
    assert "neighbor2<br>neighbor<br>fresh draws<br>known" in page
    assert "--draws fresh --protocol neighbor2neighbor --out" in page
    dashes = {part.split("<")[0] for part in page.split("–\N{NO-BREAK SPACE}<sup>")[1:]}
    assert dashes
    assert all(f"\n- {label}: " in page for label in dashes)


def test_each_noise_and_column_has_a_preset_that_the_suite_takes():
    names = [preset.name for preset in definition(NB2NB).presets]
    assert len(names) == len(set(names)) == 4 * 13
    assert set(names) <= set(REGISTRIES.presets)
    poisson = REGISTRIES.preset("nb2nb-poisson5_50-neighbor2neighbor-fresh").settings
    assert poisson == {
        "method": "neighbor2neighbor",
        "noise": "poisson-peak:5..50:spread=even",
        "parameters": "known",
        "channels": "colour",
        "datasets": "kodak,bsd300,set14-12",
        "protocol": "neighbor2neighbor",
        "draws": "fresh",
    }
    for name in names:
        settings = REGISTRIES.preset(name).settings
        REGISTRIES.method(settings["method"])
        REGISTRIES.noise(settings["noise"])
        REGISTRIES.protocol(settings["protocol"])
