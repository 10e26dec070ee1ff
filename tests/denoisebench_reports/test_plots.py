"""Plots of the page: the front against its definition, and marks that stay where they belong."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from denoisebench_reports.page.plots import Curve, Point, cost_plot, curve_plot, pareto_front

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_on_the_front_is_exactly_what_no_other_point_beats(count):
    drawn = zip(RNG.integers(1, 9, count), RNG.integers(20, 30, count), strict=True)
    points = [Point(str(n), float(s), float(db)) for n, (s, db) in enumerate(drawn)]

    def beats(a, b):
        no_worse = a.seconds <= b.seconds and a.psnr_db >= b.psnr_db
        return no_worse and (a.seconds, a.psnr_db) != (b.seconds, b.psnr_db)

    unbeaten = {p[1:] for p in points if not any(beats(other, p) for other in points)}
    front = pareto_front(points)
    assert {p[1:] for p in front} == unbeaten
    assert [p.seconds for p in front] == sorted(p.seconds for p in front)


POINTS = [Point("tv", 0.02, 27.0), Point("a<b>", 2.0, 29.0), Point("slow & poor", 20.0, 26.0)]


@pytest.mark.parametrize("width", [340, 720])
def test_a_plot_is_xml_that_tells_each_point_and_the_front_in_words(width):
    svg = ET.fromstring(cost_plot(POINTS, width, "wide"))
    alt = svg.attrib["aria-label"]
    assert "a<b> 29.00 dB at 2 s" in alt
    assert alt.endswith("On the Pareto front: tv, a<b>.")
    marked = [c.attrib["class"] for c in svg.iter("circle")]
    assert marked == ["point on-front", "point on-front", "point"]


@pytest.mark.parametrize("width", [340, 720])
def test_each_decade_of_seconds_is_as_wide_and_better_is_higher(width):
    svg = ET.fromstring(cost_plot(POINTS, width, "wide"))
    (x, y) = ([float(c.attrib[key]) for c in svg.iter("circle")] for key in ("cx", "cy"))
    assert (x[1] - x[0]) / 2 == pytest.approx(x[2] - x[1], abs=0.2)
    assert (y[0] - y[1]) / 2 == pytest.approx(y[2] - y[0], abs=0.2)
    assert all(0 < value < width for value in x)


def test_labels_of_points_that_are_close_do_not_overlap():
    points = [Point(f"m{n}", 1.0, 29.0 + n / 1000) for n in range(4)] + [Point("far", 1.0, 20.0)]
    svg = ET.fromstring(cost_plot(points, 720, "wide"))
    feet = [float(t.attrib["y"]) for t in svg.iter("text") if t.attrib["class"].startswith("label")]
    assert min(np.diff(sorted(feet))) >= 14.9


def test_a_curve_goes_from_its_first_to_its_last_value():
    plot = curve_plot([Curve("loss", [0, 50, 100], [8.0, 4.0, 2.0])], "Loss.", logarithmic=True)
    (spots,) = re.findall(r'points="([^"]+)"', plot)
    x, y = zip(*(map(float, spot.split(",")) for spot in spots.split()), strict=True)
    assert x[1] - x[0] == pytest.approx(x[2] - x[1], abs=0.2)
    assert y[1] - y[0] == pytest.approx(y[2] - y[1], abs=0.2)  # halving is one step, logarithmic
    assert y[1] > y[0]  # a lower loss stands lower: SVG counts from the top


def test_a_curve_of_one_point_or_of_one_value_is_drawn():
    for x, y in (([10.0], [3.0]), ([0.0, 10.0], [3.0, 3.0]), ([0.0], [0.0])):
        ET.fromstring(curve_plot([Curve("loss", x, y)], "Loss.", logarithmic=False))
