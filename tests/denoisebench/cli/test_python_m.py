"""`python -m denoisebench` is `bench`."""

import subprocess
import sys
from pathlib import Path

from bench import environment


def test_python_dash_m_runs_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "denoisebench", "--version"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.startswith("bench, version")
