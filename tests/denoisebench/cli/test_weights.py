"""`bench weights import`: a file of the official code becomes weights that say so of themselves."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from bench import bench, make_images
from PIL import Image

from denoisebench.nn.padding import run_padded
from denoisebench.nn.shared_unet import SharedUNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.registry.loader import load
from denoisebench.training.weights_file import file_hash, read_header
from denoisebench.zoo.importing import import_weights
from noise2score.official_weights import NAMES

IMPORT = ("weights", "import", "official.pth", "--method", "noise2score", "--noise")


def network(channels: int, seed: int = 0) -> SharedUNet:
    """Random weights, large enough for the score to matter."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = SharedUNet(channels).requires_grad_(False)
    for parameter in net.parameters():
        parameter.mul_(3.0)
    return net


def official(net: SharedUNet) -> dict[str, Any]:
    """The network's state as the official code stores it."""
    state = net.state_dict()
    return {theirs: state[ours] for theirs, ours in NAMES.items()}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_imported_weights_denoise_as_the_official_network_does_and_say_what_they_are(
    tmp_path: Path,
) -> None:
    make_images(tmp_path / "test", 1)
    net = network(1)
    torch.save(official(net), tmp_path / "official.pth")
    done = bench(*IMPORT, "gaussian:5..55", "--out", "new/w.safetensors", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "bench run --method noise2score --noise gaussian:5..55 --weights new/w.safetensors\n"
    )
    run = ("run", "--method", "noise2score", "--weights", "new/w.safetensors", "--format", "csv")
    done = bench(*run, "--datasets", "folder:test", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "w.safetensors were imported: their training images are unknown" in done.stderr
    assert "were trained on gaussian:5..55 noise" in done.stderr
    (row,) = rows(done.stdout)
    assert row["train_set"] == row["draws"] == "unknown (imported)"
    assert (row["budget"], row["weights"]) == ("unknown", "new/w.safetensors")

    stored = np.asarray(Image.open(tmp_path / "test" / "0.png"), np.float32)[None]
    clean = stored / np.float32(255)
    noisy, _ = Noise(Gaussian(), 25.0, 25.0).noisy(clean, seed=0)
    y = torch.from_numpy(noisy)[None]
    estimate = (y + (25 / 255) ** 2 * run_padded(net, y, multiple=32)).clamp(0, 1).numpy()[0]
    assert np.abs(estimate - noisy.clip(0, 1)).max() > 1e-3
    expected = -10 * np.log10(np.mean((estimate.astype(np.float64) - clean) ** 2))
    (cell,) = (tmp_path / "results" / "cells").glob("*.json")
    result = json.loads(cell.read_text())
    assert result["scores"][0]["psnr_db"] == pytest.approx(expected, abs=1e-3)
    recipe = result["provenance"]["recipe"]
    sha256 = file_hash(tmp_path / "official.pth")
    assert recipe["imported"] == {"file": "official.pth", "sha256": sha256}
    assert "budget" not in recipe
    assert result["train_s"] is None


def test_a_colour_average_of_weights_runs_on_a_colour_image(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    pixels = np.random.default_rng(0).integers(256, size=(48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "test" / "0.png")
    tensors = list(official(network(3)).values())
    average = {"decay": 0.999, "num_updates": 75625, "shadow_params": tensors}
    torch.save(average, tmp_path / "official.pth")
    done = bench(*IMPORT, "gaussian:25", "--out", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = ("run", "--method", "noise2score", "--weights", "w.safetensors", "--format", "csv")
    run = (*run, "--datasets", "folder:test")
    done = bench(*run, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = rows(done.stdout)
    assert (row["dataset"], row["parameters"], row["images"]) == ("folder:test", "known", "1")
    done = bench(*run, "--parameters", "unknown", cwd=tmp_path)
    assert done.returncode == 2
    assert "give --parameters known" in done.stderr


def test_importing_again_is_fine_and_other_weights_are_never_overwritten(tmp_path: Path) -> None:
    path, out = tmp_path / "official.pth", tmp_path / "w.safetensors"
    method, _ = load().method("noise2score")
    noise = Noise(Gaussian(), 25.0, 25.0)
    torch.save(official(network(1)), path)
    import_weights(path, method, noise, "known", out)  # type: ignore[arg-type]
    before = out.read_bytes()
    import_weights(path, method, noise, "known", out)  # type: ignore[arg-type]
    assert out.read_bytes() == before
    assert read_header(out).images == {}
    torch.save(official(network(1, seed=1)), path)
    done = bench(*IMPORT, "gaussian:25", "--out", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 2
    assert "w.safetensors is there and holds other weights; give another name" in done.stderr
    assert out.read_bytes() == before


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_a_file_that_would_run_code_is_refused_and_its_code_does_not_run(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    torch.save({**official(network(1)), "_block7": Trap(sprung)}, tmp_path / "official.pth")
    done = bench(*IMPORT, "gaussian:25", "--out", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("bench: official.pth holds ")
    assert f"holds {os.mkdir.__module__}.mkdir, which is not read: it could run" in done.stderr
    assert "Traceback" not in done.stderr
    assert not sprung.exists()
    assert not (tmp_path / "w.safetensors").exists()


@pytest.mark.parametrize(
    ("method", "stored", "said"),
    [
        ("noise2score", {"a": torch.zeros(2)}, "official.pth: there is no tensor _block1.0.weight"),
        ("noise2noise", {}, "official.pth: it is of none of these: KAIR's DnCNN of 17 layers, "),
        ("noise2self", {}, "official.pth: noise2self reads no foreign weights"),
        ("identity", {}, "identity learns nothing and has no weights"),
        ("noise2score:probe=single", {}, "the file decides the settings; give noise2score"),
        ("noise2score", None, "official.pth: No such file or directory"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    tmp_path: Path, method: str, stored: object, said: str
) -> None:
    if stored is not None:
        torch.save(stored, tmp_path / "official.pth")
    call = ("weights", "import", "official.pth", "--method", method, "--noise", "gaussian:25")
    done = bench(*call, "--out", "w.safetensors", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
