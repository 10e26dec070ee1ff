"""What the benches are read for, said in words beside their table."""

from typing import Any

import pytest


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Ratios of means of this run."""
    session = getattr(config, "_benchmarksession", None)
    means = {b.name: b.stats.mean for b in session.benchmarks if b.stats} if session else {}
    say = terminalreporter.write_line
    for bench in session.benchmarks if session else []:
        extra = bench.extra_info
        if "convolution_share" in extra:
            say(
                f"{bench.name}: {extra['mpx_per_s']:.3f} Mpx/s, {extra['convolution_share']:.0%} of"
                f" it convolutions; {extra['precision']}, {extra['threads']} threads"
            )
        if "s_per_mpx" in extra:
            say(f"{bench.name}: {extra['s_per_mpx']:.1f} s/Mpx; {extra['threads']} threads")
    plain, engine = means.get("test_step_fp32_contiguous"), means.get("test_step_of_the_engine")
    if plain and engine:
        say(f"the engine's step is {plain / engine:.1f} times faster than fp32 contiguous eager")
    for work in ("learn", "denoise"):
        one, other = means.get(f"test_{work}_plain"), means.get(f"test_{work}_blindspot")
        if one and other:
            say(f"{work}: a blind spot costs {other / one:.1f} times the network without one")
    one, other = means.get("test_dbsn_plain"), means.get("test_dbsn_whole_image")
    if one and other:
        say(f"D-BSN: a whole image takes {one / other:.1f} times less than the plain fp32 module")
    sample, noise = means.get("test_sample_a_batch"), means.get("test_noise_gaussian")
    log = means.get("test_log")
    if engine and sample and noise and log:
        steps, training_mpx, logs = 2000, 61.6, 100  # quick, cbsd399 in gray
        total = steps * engine
        parts = {
            "sampling": steps * sample / total,
            "noise": training_mpx * noise / total,
            "logging": logs * log / total,
        }
        text = ", ".join(f"{name} {share:.2%}" for name, share in parts.items())
        say(f"share of a quick gray training: {text}; together {sum(parts.values()):.2%}")
