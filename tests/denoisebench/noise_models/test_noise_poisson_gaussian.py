"""Poisson-Gaussian noise is drawn by its law, and its specs are read and written."""

import numpy as np
import pytest
import torch

from denoisebench.errors import UserError
from denoisebench.registry.loader import load


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("offset", [0.0, 0.1])
def test_mean_and_variance_are_those_of_the_formula(offset: float, fresh: bool) -> None:
    noise = load().noise(f"poisson-gaussian:0.02:5:{offset}")
    x = np.array([0.15, 0.5, 0.9], np.float32)
    clean = np.broadcast_to(x[:, None, None], (3, 150, 150))
    if fresh:
        level, rng = torch.full((1, 1, 1, 1), noise.low), torch.Generator().manual_seed(0)
        noisy = noise.family.resample(torch.tensor(clean.copy())[None], level, rng)[0].numpy()
    else:
        noisy, _ = noise.noisy(clean.copy(), seed=0)
    variance = 0.02 * (x - offset) + (5.0 / 255.0) ** 2
    assert noisy.mean(axis=(1, 2)) == pytest.approx(
        x, abs=float(5.0 * np.sqrt(variance.max()) / 150.0)
    )
    assert noisy.var(axis=(1, 2)) == pytest.approx(variance, rel=0.05)


def test_counts_are_seen_where_read_noise_is_weak() -> None:
    noisy, _ = (
        load()
        .noise("poisson-gaussian:0.1:0:0.2")
        .noisy(np.full((1, 32, 32), 0.5, np.float32), seed=0)
    )
    counts = (noisy - 0.2) / 0.1
    assert np.abs(counts - np.rint(counts)).max() < 1e-4


@pytest.mark.parametrize("text", ["poisson-gaussian:0.02:5", "poisson-gaussian:0.05:10:0.1"])
@pytest.mark.parametrize("channels", [1, 3])
def test_one_image_tells_the_gain_where_read_noise_and_offset_are_known(
    text: str, channels: int
) -> None:
    noise, shade = load().noise(text), np.linspace(0.15, 0.9, 128, dtype=np.float32)
    noisy, _ = noise.noisy(np.broadcast_to(shade, (channels, 128, 128)).copy(), seed=0)
    reading = noise.family.read(noisy)
    assert reading.known == noise.family.estimate(noisy) == pytest.approx(noise.low, rel=0.08)
    assert abs(reading.required() - noise.low) < 4.0 * reading.error
    assert noise.family.read(noisy[:, :20, :20]).known is None


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("poisson-gaussian:0.01:2", "poisson-gaussian:0.01:2"),
        ("poisson-gaussian:0.010:2.0:0", "poisson-gaussian:0.01:2"),
        ("poisson-gaussian:0.005..0.1:2:0.1", "poisson-gaussian:0.005..0.1:2:0.1"),
    ],
)
def test_a_spec_is_written_in_one_way(text: str, canonical: str) -> None:
    assert str(load().noise(text)) == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("poisson-gaussian:0.01", "give gain, read noise and, if there is one, the offset"),
        ("poisson-gaussian:0.01:2:0:1", "give gain, read noise"),
        ("poisson-gaussian:0.01:-2", "the read noise .* must lie in 0..1000"),
        ("poisson-gaussian:0.01:nan", "not a"),
        ("poisson-gaussian:0.01:2:1.5", "the offset .* must lie in 0..1"),
        ("poisson-gaussian:0:2", "must lie in 1e-07..10"),
        ("poisson-gaussian:0.01:x", "'x' is not a number"),
    ],
)
def test_a_wrong_spec_is_refused(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        load().noise(text)
