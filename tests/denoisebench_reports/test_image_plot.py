"""The plot of each image's distance from the best method: what it compares and shows."""

import math
import xml.etree.ElementTree as ET

import pytest

from denoisebench.scoring.paired import paired_difference
from denoisebench_reports.page.image_plot import image_plot, spreads

METHODS = {
    "b<2>": {"1": 30.0, "2": 28.0, "3": 33.0},
    "best": {"1": 31.0, "2": 29.5, "3": 33.2},
    "near": {"1": 31.0, "2": 29.4, "3": 33.1},
}


def test_all_methods_are_compared_with_the_best_the_nearest_first() -> None:
    best, rows = spreads(METHODS)
    assert best == "best"
    assert [row.name for row in rows] == ["near", "b<2>"]
    assert rows[1].of_image == pytest.approx({"1": -1.0, "2": -1.5, "3": -0.2})
    assert rows[1].difference == paired_difference(METHODS["b<2>"], METHODS["best"])


@pytest.mark.parametrize(
    "methods",
    [
        {},
        {"alone": {"1": 30.0, "2": 31.0}},
        {"one": {"1": 30.0}, "other": {"1": 31.0}},
        {"one": {"1": 30.0, "2": 31.0}, "failed": {"1": math.nan, "2": math.nan}},
    ],
)
def test_fewer_than_two_methods_or_images_have_no_plot(methods) -> None:
    assert spreads(methods)[1] == []


def test_an_image_without_a_finite_figure_has_no_dot() -> None:
    exact = {**METHODS, "best": {"1": math.inf, "2": 29.5, "3": 33.2}}
    _, rows = spreads(exact)
    assert {tuple(row.of_image) for row in rows} == {("2", "3")}


@pytest.mark.parametrize("width", [340, 720])
def test_dots_means_and_intervals_are_inside_and_told_in_words(width: int) -> None:
    svg = ET.fromstring(image_plot(*spreads(METHODS), width, "wide"))
    dots = [float(c.attrib["cx"]) for c in svg.iter("circle")]
    assert len(dots) == 6
    assert all(0 <= x <= width for x in dots)
    paths = {p.attrib["class"]: p.attrib["d"] for p in svg.iter("path")}
    start, end = paths["interval"].split("H")
    assert 0 <= float(start[1:].split()[0]) <= float(end) <= width
    assert "b<2> −0.90 dB, 95 % interval" in svg.attrib["aria-label"]
    assert next(svg.iter("title")).text == "1: +0.00 dB"
