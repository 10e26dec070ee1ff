"""The tests' own `bench` says what it says in a process of its own, and leaves nothing behind."""

import logging
import os
import re
import sys
import warnings
from pathlib import Path
from unittest import mock

import pytest
import torch
from bench import bench, bench_process

PLUGIN = """
import logging, os, sys, warnings
from denoisebench.plugin.hooks import hookimpl
from denoisebench.plugin.report import Report

class Summary:
    def __str__(self):
        return {summary}

@hookimpl
def register_reports():
    return [Report("odd", Summary(), repr)]

os.environ["DENOISEBENCH_ODD"] = os.environ["ODD"] = "1"
warnings.simplefilter("always", UserWarning)
warnings.warn("be warned")
warnings.warn("of no use to a user", DeprecationWarning)
logging.getLogger("odd").warning("be logged")
logging.getLogger("odd").info("of no use to a user")
os.chdir("/")
"""
LIST = ("list", "reports", "--plugin", "odd.py")


def write(place: Path, summary: str) -> None:
    """The plugin's file, always of the same time."""
    (place / "odd.py").write_text(PLUGIN.format(summary=summary), encoding="utf-8")
    os.utime(place / "odd.py", (1e9, 1e9))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the plugin is; this process is elsewhere, and what a run may change is as given."""
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setattr(sys, "argv", ["tests"])
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.delenv("ODD", raising=False)
    write(tmp_path, "'σ: one'")
    return tmp_path


def test_a_run_says_what_it_says_in_a_process_of_its_own(place: Path) -> None:
    here, there = bench(*LIST, cwd=place), bench_process(*LIST, cwd=place)
    assert here.returncode == there.returncode == 0, here.stderr + there.stderr
    assert here.stdout == there.stdout
    assert re.search("^odd +σ: one$", here.stdout, re.M)
    assert sorted(here.stderr.splitlines()) == sorted(there.stderr.splitlines())
    assert "be logged\n" in here.stderr
    assert "UserWarning: be warned\n" in here.stderr
    assert "of no use" not in here.stderr


def state() -> list[object]:
    """What of this process a run could change."""
    plugins = [name for name in sys.modules if name.endswith("_odd")]
    streams = sys.stdout, sys.stderr, *logging.getLogger().handlers
    threads = torch.get_num_threads()
    return [Path.cwd(), dict(os.environ), sys.argv, warnings.filters[:], streams, threads, plugins]


def test_a_run_leaves_nothing_behind(place: Path) -> None:
    before = state()
    bench(*LIST, cwd=place)
    assert state() == before


def test_a_plugin_file_is_read_anew_by_the_next_run(place: Path) -> None:
    assert "one" in bench(*LIST, cwd=place).stdout
    write(place, "'σ: two'")
    assert "two" in bench(*LIST, cwd=place).stdout


def test_what_would_be_a_traceback_is_raised(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state()
    fault = mock.Mock(side_effect=ZeroDivisionError)
    monkeypatch.setattr("denoisebench.cli.list.load_plugins", fault)
    with pytest.raises(ZeroDivisionError):
        bench(*LIST, cwd=place)
    assert state() == before
