"""`bench measure` shows other metrics of kept estimates, and keeps their numbers."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from bench import bench

METRIC = """
from denoisebench.plugin import Metric, hookimpl

class LargestError(Metric):
    name, summary, unit = "largest-error", "the largest error of a pixel", "levels"
    def measure(self, estimate, clean):
        return float(abs(estimate - clean).max()) * 255.0

@hookimpl
def register_metrics():
    return [LargestError()]
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Estimates of tv on samples-gray are kept under results/; largest.py is a plugin."""
    done = bench(
        "run", "--method", "tv", "--datasets", "samples-gray", "--keep-estimates", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (tmp_path / "largest.py").write_text(METRIC)
    return tmp_path


def test_metrics_of_kept_estimates_are_shown_and_kept(place: Path) -> None:
    done = bench("measure", "si-psnr,frc,ms-ssim", cwd=place)
    assert done.returncode == 0, done.stderr
    header, _, row = done.stdout.splitlines()
    assert re.split(r"  +", header.strip())[3:] == [
        "PSNR dB", "SSIM", "si-psnr dB", "frc", "ms-ssim",
    ]  # fmt: skip
    assert row.startswith("samples-gray  gaussian:25  tv ")
    (kept,) = (place / "results" / "measured").glob("*.json")
    named = {each["metric"]: each for each in json.loads(kept.read_text())["metrics"]}
    assert set(named) == {"si-psnr", "frc", "ms-ssim"}
    numbers = [each["value"] for each in named["si-psnr"]["numbers"]]
    assert float(re.split(r"  +", row.strip())[5]) == pytest.approx(np.mean(numbers), abs=0.005)
    for estimate in (place / "results" / "estimates").rglob("*.npy"):
        estimate.unlink()  # the numbers are kept
    assert bench("measure", "si-psnr,frc,ms-ssim", cwd=place).stdout == done.stdout
    markdown = bench("measure", "frc", "--format", "markdown", cwd=place).stdout
    assert markdown.startswith("| images ")


def test_a_plugin_adds_a_metric(place: Path) -> None:
    done = bench("measure", "largest-error", "--plugin", "largest.py", cwd=place)
    assert done.returncode == 0, done.stderr
    assert "largest-error levels" in done.stdout
    listed = bench("list", "metrics", "--plugin", "largest.py", cwd=place).stdout
    assert "largest-error" in listed


def test_what_cannot_be_measured_is_refused_in_a_line(place: Path) -> None:
    done = bench("measure", "lpisp", cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown metric 'lpisp'" in done.stderr
    done = bench("measure", "frc", "--out", "nowhere", cwd=place)
    assert done.returncode == 2
    assert "--keep-estimates" in done.stderr
