"""`bench check` calls every function that plans and denoising call, and tells what to return."""

from pathlib import Path

import pytest
from bench import bench
from broken import SOUND, broken, failures, plugin

from denoisebench.conformance import checks

ADDED = "    def denoise("

WRONG: dict[str, tuple[str, str, str]] = {
    "warns": ("answers", "(self, config, task): return 1 / 0", "ZeroDivisionError"),
    "trained_as": ("answers", "(self, config): return None",
                   "Return a Config, as dataclasses.replace(config, ...)."),
    "passes_per_patch": ("answers", "(self, config): return 2.5",
                         "passes_per_patch returned 2.5 (plugin.py:43). Return a whole number, 1 or"
                         " more."),
    "blind_noise": ("answers", "(self, config, noise): return 25.0", "Return a Noise"),
    "stages": ("answers", "(self, config, task): return (0.5, 0.6)", "add up to 1"),
    "parts_in_bf16": ("model-answers", "(self, network): return network", "as (network,)"),
    "for_tiles_of": ("model-answers", "(self, model, noisy): return None", "Return a Model"),
}  # fmt: skip


def line_of(code: str) -> int:
    return 1 + SOUND[: SOUND.index(code)].count("\n")


@pytest.mark.parametrize("function", WRONG)
def test_a_wrong_answer_is_found_with_its_line_and_what_to_return(
    function: str, tmp_path: Path
) -> None:
    check, code, said = WRONG[function]
    found = failures(broken(tmp_path, [(ADDED, f"    def {function}{code}\n\n{ADDED}")]))
    assert check in found
    assert said in found[check]
    assert f"plugin.py:{line_of(ADDED)}" in found[check]


def test_evidence_in_words_is_told_its_member(tmp_path: Path) -> None:
    path = broken(tmp_path, [("return Evidence.NOISY_PAIRS", "return 'noisy'")])
    done = bench("check", path.name, cwd=tmp_path)
    assert done.returncode == 1
    said = done.stdout
    assert (
        f"FAIL  answers         evidence returned 'noisy' in plugin.py:{line_of('def evidence')}"
        in said
    )
    assert "Return Evidence.NOISY.\n" in done.stdout
    assert "1 failed" in done.stdout


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("gain: float", "gain: no default"),
        ("gain: float = -1.0", "gain: -1 must lie in 0..10"),
    ],
)
def test_a_config_that_cannot_be_built_fails_its_check(
    field: str, said: str, tmp_path: Path
) -> None:
    method = plugin(broken(tmp_path, [("gain: float = 1.0", field)])).Sound()
    outcomes = {c.id: c.run() for c in checks(method) if c.id != "import-light"}
    assert [name for name, one in outcomes.items() if one.failed] == ["config"]
    assert said in outcomes["config"].text
    assert "plugin.py:" in outcomes["config"].where


def test_a_field_without_a_default_is_a_failure_of_bench_check_too(tmp_path: Path) -> None:
    path = broken(tmp_path, [("gain: float = 1.0", "gain: float")])
    done = bench("check", path.name, cwd=tmp_path)
    assert done.returncode == 1
    assert "field gain of Config has no default, in plugin.py:7" in " ".join(done.stdout.split())


def test_a_method_without_tiling_is_told_the_one_to_write(tmp_path: Path) -> None:
    tiling = "        return Tiling(multiple=1, halo=1, bytes_per_pixel=100)\n"
    path = broken(tmp_path, [(tiling, "        return None\n")])
    done = bench("check", path.name, "--only", "equivariance", cwd=tmp_path)
    said = " ".join(done.stdout.split())
    assert "Let `tiling` return Tiling(multiple=1, halo=1, bytes_per_pixel=N), with N" in said
    assert "[1]" not in said


def test_what_is_measured_is_named(tmp_path: Path) -> None:
    tiling = ("halo=1", "halo=0")
    path = broken(tmp_path, [tiling])
    done = bench("check", path.name, "--only", "equivariance", cwd=tmp_path)
    assert "(measured 0." in done.stdout
    assert ", bound " in done.stdout
