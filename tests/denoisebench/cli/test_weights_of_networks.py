"""`bench weights import` of other codes' networks: what is denoised is what their formula says."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from bench import bench, make_images
from PIL import Image

from denoisebench.nn.dncnn import DnCNN
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian


@pytest.mark.parametrize("method", ["supervised", "noise2noise"])
def test_a_dncnn_takes_its_noise_from_the_noisy_image(tmp_path: Path, method: str) -> None:
    make_images(tmp_path / "test", 1)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = DnCNN(1).requires_grad_(False)
    net.convs[-1].weight.mul_(50.0)  # so that the noise matters
    state = {name.replace("convs.0", "model.0"): t for name, t in net.state_dict().items()}
    for k in range(1, 17):
        state = {name.replace(f"convs.{k}.", f"model.{2 * k}."): t for name, t in state.items()}
    torch.save(state, tmp_path / "dncnn.pth")
    call = ("weights", "import", "dncnn.pth", "--method", method, "--noise", "gaussian:25")
    done = bench(*call, "--out", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = ("run", "--method", method, "--weights", "w.safetensors", "--format", "csv")
    done = bench(*run, "--datasets", "folder:test", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["method"] == f"{method}:network=dncnn:predicts=noise"

    clean = np.asarray(Image.open(tmp_path / "test" / "0.png"), np.float32)[None] / np.float32(255)
    noisy, _ = Noise(Gaussian(), 25.0, 25.0).noisy(clean, seed=0)
    y = torch.from_numpy(noisy)[None]
    estimate = (y - net(y)).clamp(0, 1).numpy()[0]
    assert np.abs(estimate - noisy.clip(0, 1)).max() > 1e-2
    expected = -10 * np.log10(np.mean((estimate.astype(np.float64) - clean) ** 2))
    assert float(row["psnr_db"]) == pytest.approx(expected, abs=1e-3)
