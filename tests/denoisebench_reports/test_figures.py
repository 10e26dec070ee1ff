"""Published figures are found by noise, parameters, data set and method."""

import math
from importlib.resources import files

import pytest
from protocols import PROTOCOLS
from published import PUBLISHED, SOUND

from denoisebench.registry.loader import load
from denoisebench.specs import parse_spec
from denoisebench_reports import register_published


def published(*place):
    return SOUND.get(place, ())


@pytest.mark.parametrize(
    ("noise", "parameters", "dataset", "method", "psnr_db"),
    [
        ("gaussian:25", "known", "set12", "noise2score", 30.13),
        ("gaussian:25", "unknown", "cbsd68", "noise2score", 30.78),
        ("poisson:0.05", "known", "kodak", "noise2noise", 30.33),
        ("gamma:50", "unknown", "set12", "supervised", 31.04),
        ("gaussian:25", "known", "kodak", "blindspot", 32.45),
        ("poisson:0.03333333333", "unknown", "kodak", "noise2noise", 31.66),
        ("gaussian:25", "unknown", "bsd68", "dbsn", 28.88),
    ],
)
def test_a_published_figure_is_found(noise, parameters, dataset, method, psnr_db):
    first, *_ = published(noise, parameters, dataset, method)
    assert first.psnr_db == psnr_db


def test_table_2_of_noise2score_comes_before_the_other_papers():
    first, second = published("gaussian:25", "known", "bsd68", "bm3d")
    assert (first.psnr_db, second.psnr_db) == (28.59, 28.57)
    assert first.source == "Noise2Score (Kim & Ye, NeurIPS 2021), Table 2"
    assert second.source == "DBSN (Wu et al., ECCV 2020), Tables 1 and 2"


def test_a_misprint_is_not_shown():
    assert published("gamma:100", "known", "set12", "supervised") == ()
    assert published("gamma:100", "known", "set12", "noise2noise")


def test_a_figure_in_doubt_is_kept_with_the_reason():
    figures = PUBLISHED["noise2score_table2"]
    assert {f.source for f in figures} == {"Noise2Score (Kim & Ye, NeurIPS 2021), Table 2"}
    doubts = {(f.noise, f.dataset, f.method): f.doubt for f in figures if f.doubt}
    assert "misprint" in doubts["gamma:100", "set12", "supervised"]
    assert "repeats that of gaussian:25" in doubts["gaussian:50", "kodak", "noise2score"]
    repeated = [f for f in figures if (f.noise, f.dataset) == ("gaussian:50", "kodak")]
    assert len(repeated) == 9
    assert all(f.doubt for f in repeated)
    assert published("gaussian:50", "known", "kodak", "noise2score") == ()


def test_only_a_method_with_its_default_settings_has_a_published_figure():
    assert published("gaussian:25", "known", "set12", "noise2score:probe=single") == ()


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_figure_is_found_under_the_spec_that_results_have(name):
    registries = load()
    for figure in PUBLISHED[name]:
        if not figure.doubt:
            assert published(*figure.place), figure
        if parse_spec(figure.noise).name in registries.noises:
            assert str(registries.noise(figure.noise)) == figure.noise


def test_a_file_may_say_which_protocol_of_ours_its_figures_are_under():
    labels = {str(protocol) for protocol in PROTOCOLS.values()}
    blindspot, *_ = published("gaussian:25", "known", "kodak", "blindspot")
    (noise2score,) = published("gaussian:25", "known", "set12", "noise2score")
    assert blindspot.protocol == "nvlabs-1"
    assert blindspot.protocol in labels
    assert noise2score.protocol == ""


def test_a_file_may_say_that_its_images_were_changed():
    (keras,) = published("text:25", "known", "set14", "noise2noise")
    assert keras.images == "cropped to multiples of 16"


def test_the_training_of_a_figure_is_that_of_its_method_and_parameters():
    known, unknown = (
        published("gaussian:25", parameters, "set12", "noise2score")[0]
        for parameters in ("known", "unknown")
    )
    assert (known.megapixels, known.draws) == (39321.6, "fixed")
    assert (unknown.megapixels, unknown.draws) == (39321.6, "fresh")
    (either,) = published("gaussian:25", "unknown", "kodak", "noise2noise")
    assert (either.megapixels, either.draws) == (131072, "")
    (unstated,) = published("gaussian:25", "known", "set12", "noise2void")
    assert math.isnan(unstated.megapixels)


def test_every_published_file_is_registered():
    folder = files("denoisebench_reports") / "published"
    names = {file.name for file in folder.iterdir() if file.name.endswith(".csv")}
    assert names == {table.file.name for table in register_published()}
