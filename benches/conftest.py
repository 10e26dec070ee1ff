"""What the benches are read for, said in words beside their table."""

from typing import Any

import pytest

STEPS = 2000
"""Of the budget quick."""


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Ratios of means of this run."""
    session = getattr(config, "_benchmarksession", None)
    means = {b.name: b.stats.mean for b in session.benchmarks if b.stats} if session else {}
    say = terminalreporter.write_line
    extras = {b.name: b.extra_info for b in session.benchmarks} if session else {}
    for bench in session.benchmarks if session else []:
        extra = bench.extra_info
        if "convolution_share" in extra:
            say(
                f"{bench.name}: {extra['mpx_per_s']:.3f} Mpx/s, {extra['convolution_share']:.0%} of"
                f" it convolutions; {extra['precision']}, {extra['threads']} threads"
            )
        if "s_per_mpx" in extra:
            memory = f", {extra['beyond_mb']:.0f} MB" if "beyond_mb" in extra else ""
            say(f"{bench.name}: {extra['s_per_mpx']:.2f} s/Mpx{memory}; {extra['threads']} threads")
        if "share_beyond" in extra:
            say(
                f"{bench.name}: {extra['share_beyond']:.1%} of CPU time beyond the denoiser;"
                f" {extra['threads']} threads"
            )
        if "unit_cpu_s" in extra:
            say(
                f"{bench.name}: {bench.stats.mean / extra['units']:.3f} s a unit beside its images,"
                f" {extra['unit_cpu_s']:.3f} s of CPU time"
            )
    small, large = (
        extras.get(f"test_unet_within_memory[{n}]", {}).get("s_per_mpx") for n in (4, 64)
    )
    if small and large:
        say(f"a megapixel of 64 takes {large / small - 1.0:+.1%} beside one of 4")
    one, two = (extras.get(f"test_cells[{n}]", {}).get("cpu_s") for n in (1, 2))
    if one and two:
        faster = means["test_cells[1]"] / means["test_cells[2]"]
        say(
            f"two workers are {faster:.2f} times as fast as one, in {two / one:.2f} times its CPU"
            f" time ({two:.0f} s)"
        )
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
        training_mpx, logs = 61.6, 100  # cbsd399 in gray
        total = STEPS * engine
        parts = {
            "sampling": STEPS * sample / total,
            "noise": training_mpx * noise / total,
            "logging": logs * log / total,
        }
        text = ", ".join(f"{name} {share:.2%}" for name, share in parts.items())
        say(f"share of a quick gray training: {text}; together {sum(parts.values()):.2%}")
    for name in ("csv", "tensorboard"):
        told = means.get(f"test_tracker[{name}]")
        if engine and told:
            say(f"--track {name}: {told / (STEPS * engine):.2%} of a quick gray training")
