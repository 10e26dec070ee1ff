"""The page of Table 2: why figures are missing, and what those that are there come from."""

import re

from a_result import results_of
from table2_page import cell, given, reason, recipe, section

from denoisebench_reports.paper_tables.cells import places_of, read_paper
from denoisebench_reports.paper_tables.definition import definition
from denoisebench_reports.paper_tables.trainings import weights_text


def test_what_is_missing_has_a_command_for_all_that_lack_together(page_of):
    page = page_of({})
    ours, paper = cell(page, "gaussian:25", "bsd68", "noise2score")
    assert paper == "29.12"
    label = ours[2:-1]
    assert cell(page, "gaussian:25", "kodak", "noise2score")[0] == f"–[{label}]"
    assert cell(page, "gaussian:50", "bsd68", "noise2score")[0] != f"–[{label}]"
    assert (
        "`bench run --method noise2score --noise gaussian:25 --parameters known --datasets"
        " bsd68,cbsd68,kodak --out results`"
    ) in reason(page, label)
    dashes = set(re.findall(r"<sup>(r\d+)</sup>", page))
    told = re.findall(r"^- (r\d+):", page, re.M)
    assert dashes == set(told)
    assert len(told) == len(dashes)
    assert "Times are of the budget quick" in page


def test_a_table_with_all_figures_of_ours_tells_no_times(page_of):
    none = results_of([])
    paper = read_paper(definition("noise2score_table2"), none.published, none.protocols)
    places = places_of(paper)
    names = ("method", "noise", "parameters", "dataset")
    page = page_of(*({name: getattr(place, name) for name in names} for place in places))
    assert "the paper's: " in page
    assert "ours: " not in page
    assert "Times are of" not in page


def test_a_command_takes_as_long_as_the_methods_trainings_did(page_of_trained):
    slow = {"train_s": 1310.72}  # 0.1 megapixels a second
    page = page_of_trained({"psnr_db": [30.0], "provenance": recipe(), **slow})
    label = cell(page, "gaussian:25", "bsd68", "noise2score")[0][2:-1]
    assert reason(page, label).endswith("takes about 66 min.")  # three sets: 3 × 1310.72 s
    other = cell(page, "gaussian:25", "set12", "noise2void")[0][2:-1]
    assert "--datasets bsd68,set12,cbsd68,kodak" in reason(page, other)
    assert reason(page, other).endswith("takes about 87 min.")  # of six noises, 24 × 218.5 s
    blind = cell(page, "gaussian:25", "set12", "supervised", "unknown")[0][2:-1]
    assert reason(page, blind).endswith("takes about 44 min.")  # of three families, 12 × 218.5 s


def test_bm3d_is_said_to_need_its_package(page_of):
    label = cell(page_of({}), "gaussian:25", "set12", "bm3d")[0][2:-1]
    assert "needs the package bm3d, which is not installed by default" in reason(page_of({}), label)


def test_what_a_method_declines_has_the_methods_own_reason(page_of):
    page = page_of({}, declined=(("sure", "gaussian:25 known", "it is [closed]"),))
    label = cell(page, "gaussian:25", "kodak", "sure")[0][2:-1]
    declines = r"sure declines gaussian:25 known: it is \[closed\]."
    assert reason(page, label) == f"- {label}: ours: {declines}"
    assert cell(page, "gaussian:50", "kodak", "sure")[0] != f"–[{label}]"


def test_a_training_stands_once_with_what_its_result_says(page_of_trained):
    own = {"provenance": recipe(), "train_s": 300.0}
    blind = given("/home/me/blind.safetensors", noise="gaussian:5..55", parameters="unknown")
    untrained = {"evidence": "nothing", "draws": "", "budget": "", "train_set": ""}
    page = page_of_trained(
        {"psnr_db": [30.0], **own},
        {"psnr_db": [29.0], "dataset": "bsd68", **own},
        {"psnr_db": [27.0], "noise": "gaussian:50", "train_s": 9000.0, **blind},
        {"psnr_db": [30.0], "method": "bm3d", "weights": "none", "training": "", **untrained},
    )
    lines = section(page, "What was trained")
    assert [line.strip("| ").split(" | ") for line in lines if line.startswith("| t")] == [
        ["t1", "noise2score", "gaussian:25, gray", "0.131", "own training", "5 min"],
        ["t2", "bm3d", "nothing", "–", "–", "–"],
        ["t3", "noise2score", "gaussian:5..55, level not given, gray", "0.131",
         "blind.safetensors", "2.5 h"],
    ]  # fmt: skip
    common = "training set cbsd399, draws fixed, hardware Abacus, 2 threads, precision bf16"
    assert f"- All trainings share: {common}." in lines
    assert "- t3: trained without levels, and given them in the cells of known parameters." in page
    assert "/home/me" not in page
    made = section(page, "The commands")
    assert (
        "    bench run --method noise2score --noise gaussian:25 --parameters known --datasets"
        " bsd68,set12 --train-set cbsd399 --budget quick --out results"
    ) in made
    assert any("bench report --results results --format" in line for line in made)


def test_two_files_of_weights_are_two_trainings(page_of_trained):
    zoo = given("zoo:gray-gaussian25"), given("zoo:gray-poisson", noise="poisson:0.01")
    page = page_of_trained(
        {"psnr_db": [30.0], **zoo[0]},
        {"psnr_db": [29.0], "dataset": "bsd68", **zoo[0]},
        {"psnr_db": [31.0], "noise": "poisson:0.01", **zoo[1]},
    )
    assert cell(page, "gaussian:25", "bsd68", "noise2score")[0] == "**29.00**[t1]"
    assert cell(page, "gaussian:25", "set12", "noise2score")[0] == "**30.00**[t1]"
    assert cell(page, "poisson:0.01", "set12", "noise2score")[0] == "**31.00**[t2]"
    assert "| zoo: gray-poisson |" in page


def test_the_weights_that_a_training_began_with_are_named():
    assert weights_text("trained") == "own training"
    told = "own training from gray-gaussian25.safetensors"
    assert weights_text("trained from gray-gaussian25.safetensors") == told
    assert weights_text("zoo:gray-gaussian25") == "zoo: gray-gaussian25"
    assert weights_text("/somewhere/net.safetensors") == "net.safetensors"
