"""What is shown of long work: on a terminal, in a log, and where less or more was asked for."""

import sys
from pathlib import Path
from unittest import mock

import pytest
from bench import bench, make_images
from click.testing import CliRunner, Result, _NamedTextIOWrapper

from denoisebench.cli import group
from denoisebench.cli.shared import progress
from denoisebench.cli.shared.progress import Display, Heard
from denoisebench.progress import Progress, Whole

HALF = Whole("units", 1, 2, "1 training, 2 min left")
CALL = (
    "compare",
    "--methods",
    "identity,tv",
    "--datasets",
    "folder:test",
    "--noise",
    "gaussian:25",
)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which the test lets pass."""
    clock = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    return clock


def test_a_log_has_a_line_each_twenty_seconds(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with Display() as show:
        for second in range(45):
            now[0] = 100.0 + second
            show(HALF)
            show(Progress("training", second, 100, "loss 0.1"))
    assert capsys.readouterr().err.splitlines() == [
        "1/2 units, 1 training, 2 min left; training 19/100, 1.0/s, 1:21 left, loss 0.1",
        "1/2 units, 1 training, 2 min left; training 39/100, 1.0/s, 1:01 left, loss 0.1",
    ]


def test_a_part_of_no_whole_says_that_it_is_done(
    now: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    show = Display()
    show(Progress("fetch set12", 0, 12))
    now[0] += 3
    show(Progress("fetch set12", 12, 12))
    assert capsys.readouterr().err == "fetch set12 12/12, 4.0/s, took 0:03\n"


def test_a_terminal_has_lines_that_are_rewritten_and_none_at_the_end(
    now: list[float], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "41")
    with Display() as show:
        now[0] += 1
        show(
            Whole(
                "units", 1, 2, "2 min left", others=("node7, process 3: 5/9, training " + 9 * "x",)
            )
        )
        assert capsys.readouterr().err == (
            "node7, process 3: 5/9, training xxxxxxxx\n1/2 units, 2 min left"
        )
        show(Progress("a remark", 0, 0))
        lines = capsys.readouterr().err
    assert lines.startswith("\r\x1b[A\x1b[Ja remark\nnode7, process 3")
    assert capsys.readouterr().err == "\r\x1b[A\x1b[J"


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("quiet", ["a doubt"]),
        ("usual", ["news", "a doubt"]),
        ("verbose", ["news", "a doubt", "a unit begins"]),
    ],
)
def test_who_asks_for_quiet_hears_warnings_alone(
    now: list[float], capsys: pytest.CaptureFixture[str], heard: Heard, said: list[str]
) -> None:
    with Display(heard) as show:
        show(Progress("news", 0, 0))
        show(Progress("a doubt", 0, 0, weight="warning"))
        show(Progress("a unit begins", 0, 0, weight="detail"))
        now[0] += 30
        if heard == "quiet":
            show(HALF)
    assert capsys.readouterr().err.splitlines() == said


def test_a_quiet_run_prints_its_table_alone_and_a_verbose_one_each_unit(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 2)
    verbose = bench(*CALL, "--verbose", "--out", "a", cwd=tmp_path)
    lines = [line.split()[1] for line in verbose.stderr.splitlines()]
    assert lines == ["begins:", "ends", "begins:", "ends", "as"]
    quiet = bench(*CALL, "--quiet", "--out", "b", cwd=tmp_path)
    assert (quiet.returncode, quiet.stderr, quiet.stdout) == (0, "", verbose.stdout)


def test_quiet_and_verbose_contradict_each_other(tmp_path: Path) -> None:
    refused = bench(*CALL, "--quiet", "--verbose", cwd=tmp_path)
    said = "bench: --quiet says less and --verbose says more: give one of them\n"
    assert (refused.returncode, refused.stderr) == (2, said)


def test_a_terminal_is_shown_bold_marks_and_the_file_has_plain_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_images(tmp_path / "test", 2)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)

    def invoke(terminal: bool) -> Result:
        with mock.patch.object(_NamedTextIOWrapper, "isatty", create=True, return_value=terminal):
            call = ["compare", "--methods", "tv,wavelet", *CALL[3:], "--out", "a"]
            return CliRunner().invoke(group, call, catch_exceptions=False, color=True)

    plain, shown = invoke(terminal=False).stdout, invoke(terminal=True).stdout
    assert "\x1b[1m" in shown
    assert "\\x1b" not in shown
    assert (tmp_path / "a/table.txt").read_text() == plain
