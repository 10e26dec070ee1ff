"""CSV and JSON that other programs can read."""

import csv
import io
import json
import math
import subprocess
import sys

from a_result import results_of

from denoisebench.results.dataframe import COLUMNS
from denoisebench_reports import register_reports
from denoisebench_reports.paper_tables.definition import TABLES
from denoisebench_reports.tables.export import SUMMARY_COLUMNS, render_csv, render_json


def test_the_csv_has_a_header_and_a_line_per_summary(make_cell):
    untrained = make_cell([20.0], method="identity", train_s=None)
    text = render_csv(results_of([make_cell([30.0, 31.00005]), untrained]))
    assert text.splitlines()[0] == ",".join(SUMMARY_COLUMNS)
    trained, identity = csv.DictReader(io.StringIO(text))
    assert trained["psnr_db"] == "30.5"
    assert trained["psnr_high"] == "36.8534"
    assert trained["train_s"] == "100.0"
    assert trained["denoise_s_per_mpx"] == "2.0"
    assert trained["published_psnr_db"] == "30.13"
    assert trained["published_source"] == "Noise2Score (Kim & Ye, NeurIPS 2021), Table 2"
    assert trained["published_diff_db"] == "0.37"
    assert trained["verdict"] == "above"
    assert (identity["published_diff_db"], identity["verdict"]) == ("", "")
    assert (identity["psnr_low"], identity["train_s"], identity["published_psnr_db"]) == ("",) * 3


def test_the_columns_and_their_order():
    assert ",".join(SUMMARY_COLUMNS) == (
        "method,noise,parameters,dataset,images,protocol,evidence,draws,"
        "psnr_db,psnr_low,psnr_high,ssim,train_s,denoise_s_per_mpx,denoise_s,steps,level_error,noisy_psnr_db,"
        "budget,train_set,weights,seed,seed_sd_db,repeats,network_parameters,gmacs_per_mpx,"
        "peak_memory_mb,left_out,level_estimated,"
        "published_psnr_db,published_source,published_protocol,published_diff_db,verdict,"
        "published_more"
    )


def test_the_figures_of_further_papers_are_in_a_column_of_their_own(make_cell):
    rows = results_of([make_cell([28.59], method="bm3d", dataset="bsd68", evidence="nothing")])
    (line,) = csv.DictReader(io.StringIO(render_csv(rows)))
    assert (line["published_psnr_db"], line["verdict"]) == ("28.59", "agrees")
    dbsn = "DBSN (Wu et al., ECCV 2020), Tables 1 and 2"
    assert line["published_more"] == f"28.57 ({dbsn}): agrees"
    (summary,) = json.loads(render_json(rows))["summary"]
    assert summary["published_more"] == [
        {
            "published_psnr_db": 28.57,
            "published_source": dbsn,
            "published_protocol": "",
            "published_diff_db": 0.02,
            "verdict": "agrees",
        }
    ]


def test_the_json_is_strict_and_holds_summaries_and_images(make_cell):
    def refuse(constant):
        raise AssertionError(f"{constant} is not strict JSON")

    cells = [make_cell([math.inf], train_s=None), make_cell([30.0, 31.0], method="dbsn")]
    report = json.loads(render_json(results_of(cells)), parse_constant=refuse)
    assert [tuple(line) for line in report["summary"]] == [SUMMARY_COLUMNS] * 2
    assert [tuple(line) for line in report["images"]] == [COLUMNS] * 3
    assert (report["summary"][0]["psnr_db"], report["summary"][0]["left_out"]) == (None, 1)
    assert report["images"][0]["psnr_db"] == "inf"
    assert report["summary"][0]["train_s"] is None
    assert report["images"][0]["train_s"] is None
    assert report["images"][2]["psnr_db"] == 31.0
    assert report["images"][2]["seed"] == 0


def test_the_plugin_offers_its_reports_by_name(make_cell):
    reports = {report.name: report for report in register_reports()}
    assert [*reports] == [
        "table",
        "markdown",
        "latex",
        "latex-siunitx",
        "csv",
        "json",
        "html",
        *(name.replace("_", "-") for name in TABLES),
        *(f"{name.replace('_', '-')}-claims" for name in TABLES),
    ]
    results = results_of([make_cell([30.0])])
    assert all(report.render(results).endswith("\n") for report in reports.values())


def test_the_plugins_entry_module_is_light():
    code = (
        "import sys; sys.path[:] = sys.argv[1:]; import denoisebench_reports;"
        "print({'torch', 'pandas', 'scipy', 'tabulate'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
