"""Which arithmetic a network denoises and trains in: what is rounded, asked and told."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from bench import bench, make_images
from bf16 import bf16_hardware
from torch import Tensor, nn
from torch.nn import functional as F

from denoisebench.nn.devices import pick_precision
from denoisebench.nn.padding import in_float32, run_in_bf16
from denoisebench.nn.unet import UNet
from denoisebench.noise.family import Noise
from denoisebench.noise_models.gaussian import Gaussian
from denoisebench.plugin.method import Denoised, Model, Task, TrainedMethod
from denoisebench.registry.loader import load
from denoisebench.training.weights_file import read_header
from noise2score import Config, Noise2Score

IMAGE = torch.rand((1, 1, 32, 32), generator=torch.Generator().manual_seed(0)) - 0.5


def rounded(x: Tensor) -> Tensor:
    return x.bfloat16().float()


@torch.no_grad()
def test_wide_convolutions_round_what_they_multiply_and_narrow_ones_do_not() -> None:
    torch.manual_seed(0)
    first, middle, last = (nn.Conv2d(i, o, 3) for i, o in ((1, 32), (32, 32), (32, 1)))
    network = nn.Sequential(first, middle, last)
    h = rounded(first(IMAGE))
    h = rounded(F.conv2d(h, rounded(middle.weight), rounded(middle.bias)))
    expected = last(h)
    run_in_bf16(network, "cpu")
    with bf16_hardware():
        found = network(IMAGE)
    assert found.dtype == torch.float32
    # 1e-4: sums of another order may round to the next bfloat16; a narrow one rounded gives 1e-3
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-4)


@torch.no_grad()
def test_what_turns_autocast_off_is_not_rounded() -> None:
    class Exact(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            with torch.autocast("cpu", enabled=False):
                return F.conv2d(x, torch.full((32, 1, 1, 1), 1.0 / 3.0))

    exact = Exact()
    run_in_bf16(exact, "cpu")
    assert torch.equal(exact(IMAGE), (IMAGE * torch.tensor(1.0 / 3.0)).expand(-1, 32, -1, -1))


@torch.no_grad()
def test_a_network_runs_in_float32_within_and_in_bfloat16_after() -> None:
    torch.manual_seed(0)
    network = UNet(1).eval()
    exact = network(IMAGE)
    run_in_bf16(network, "cpu")
    with bf16_hardware():
        half = network(IMAGE)
        with in_float32(network):
            assert torch.equal(network(IMAGE), exact)
        assert torch.equal(network(IMAGE), half)
    assert not torch.equal(half, exact)


def blind_noise2score() -> Model[Config]:
    """A network of random weights for noise of unknown level."""
    torch.manual_seed(0)
    task = Task(Noise(Gaussian(), 5.0, 55.0), "unknown", 1)
    network = Noise2Score().network(Config(), task).eval().requires_grad_(False)
    for conv in (m for m in network.modules() if isinstance(m, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight)
    return Model(Config(), task, network)


@pytest.mark.parametrize("way", ["patches", "closed-form"])
@torch.no_grad()
def test_the_level_is_estimated_in_float32(way: str) -> None:
    noisy = 0.5 + 0.1 * torch.randn((1, 1, 64, 64), generator=torch.Generator().manual_seed(1))
    blind = blind_noise2score()
    model = Model(Config(estimate=way), blind.task, blind.network)

    def denoised() -> Denoised:
        made = Noise2Score().denoise(model, noisy, None)
        assert isinstance(made, Denoised)
        return made

    exact = denoised()
    run_in_bf16(model.network, "cpu")
    with bf16_hardware():
        half = denoised()
    assert half.level == exact.level
    assert half.image.dtype == torch.float32
    assert not torch.equal(half.image, exact.image)


@torch.no_grad()
def test_tweedies_formula_is_float32() -> None:
    """The score of zero leaves the noisy image as it is, to the last bit."""
    model = blind_noise2score()
    for parameter in model.network.parameters():
        parameter.zero_()
    run_in_bf16(model.network, "cpu")
    noisy = torch.rand((1, 1, 32, 32), generator=torch.Generator().manual_seed(2))
    made = Noise2Score().denoise(model, noisy, 25.0)
    assert isinstance(made, Tensor)
    assert torch.equal(made, noisy)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "noise2score",
            "noise2noise",
            "supervised",
            "noise2self",
            "noise2same",
            "noise2self:fill=zero",
        ),
        *("noise2void", "noise2void:network=n2v2", "sure", "pure", "blindspot", "dbsn"),
        *("unsure", "r2r"),
    ],
)
@torch.no_grad()
def test_the_network_of_each_method_rounds_and_its_estimate_is_float32(name: str) -> None:
    registries = load()
    method, config = registries.method(name)
    assert isinstance(method, TrainedMethod)
    noise = registries.noise("poisson:0.01" if name == "pure" else "gaussian:25")
    task = Task(noise, "known", 1)
    torch.manual_seed(0)
    network = method.network(config, task).eval().requires_grad_(False)
    for conv in (m for m in network.modules() if isinstance(m, nn.Conv2d)):
        nn.init.kaiming_normal_(conv.weight)
    model = Model(config, task, network)

    def denoised() -> Tensor:
        made = method.denoise(model, IMAGE + 0.5, noise.low)
        return made.image if isinstance(made, Denoised) else made

    exact = denoised()
    for part in method.parts_in_bf16(network):
        run_in_bf16(part, "cpu")
    with bf16_hardware():
        half = denoised()
    assert half.dtype == torch.float32
    assert not torch.equal(half, exact)
    assert float((half - exact).norm() / (exact - IMAGE - 0.5).norm()) < 0.05


def test_fp32_is_obeyed_on_any_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    for there in (True, False):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda there=there: there)
        assert pick_precision("cpu", "auto") == ("bf16" if there else "fp32")
        assert pick_precision("cpu", "fp32") == "fp32"


@pytest.fixture
def multiplies(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A processor that multiplies bfloat16."""
    with bf16_hardware():
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
        yield


def cells(folder: Path) -> dict[str, dict[str, Any]]:
    """The stored results, by what was asked of their precision."""
    found = (json.loads(p.read_text("utf-8")) for p in folder.glob("results/cells/*.json"))
    return {result["provenance"]["precision_asked"]: result for result in found}


@pytest.mark.usefixtures("multiplies")
def test_a_result_says_its_precision_and_fp32_is_another_result(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 2, side=32)
    run = ("run", "--method", "noise2score", "--datasets", "folder:test", "--keep-estimates")
    for more in ((), ("--precision", "fp32")):
        done = bench(*run, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    found = cells(tmp_path)
    assert {asked: result["provenance"]["precision"] for asked, result in found.items()} == {
        "auto": "bf16",
        "fp32": "fp32",
    }
    half, single = ([s["psnr_db"] for s in found[asked]["scores"]] for asked in ("auto", "fp32"))
    assert half != single
    assert half == pytest.approx(single, abs=0.01)
    other = ("--protocol", "float:estimate=half-even")
    assert bench("rescore", *other, cwd=tmp_path).stdout.count(": scored") == 2
    for more in ((), ("--precision", "fp32")):
        assert ": done" in bench(*run, *more, *other, "--dry-run", cwd=tmp_path).stdout


@pytest.mark.usefixtures("multiplies")
def test_ranks_are_of_estimates_in_float32_whose_small_differences_count(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 2, side=32)
    rank = ("rank", "--datasets", "folder:test", "--methods", "noise2score", "--format", "json")
    auto, single = (bench(*rank, "--precision", p, cwd=tmp_path) for p in ("auto", "fp32"))
    assert auto.returncode == 0, auto.stderr
    assert auto.stdout == single.stdout
    assert len(list(tmp_path.glob("results/ranks/*.json"))) == 2


def test_what_has_no_network_has_no_precision(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 2, side=32)
    run = ("run", "--method", "tv", "--datasets", "folder:test", "--precision")
    assert bench(*run, "fp32", cwd=tmp_path).returncode == 0
    assert cells(tmp_path)["auto"]["provenance"]["precision"] is None
    assert ": done" in bench(*run, "auto", "--dry-run", cwd=tmp_path).stdout


@pytest.mark.usefixtures("multiplies")
def test_a_training_says_its_precision_and_threads_and_fp32_is_another_training(
    tmp_path: Path,
) -> None:
    make_images(tmp_path / "train", 2, side=32)
    make_images(tmp_path / "test", 1, side=32, seed=1)
    run = ("run", "--method", "noise2noise", "--datasets", "folder:test", "--weights", "none")
    length = ("--train-set", "folder:train", "--steps", "2", "--batch", "2", "--crop", "32")
    for more in ((), ("--precision", "fp32")):
        done = bench(*run, *length, *more, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    headers = [read_header(p) for p in tmp_path.glob("results/trainings/*/weights.safetensors")]
    told = {h.outcome["precision"]: h.recipe.precision for h in headers}
    assert told == {"bf16": None, "fp32": "fp32"}
    assert {header.outcome["threads"] for header in headers} == {1}
    assert all(
        r["provenance"]["training_outcome"]["threads"] == 1 for r in cells(tmp_path).values()
    )


def test_a_method_that_trains_in_float32_anyway_has_one_training(tmp_path: Path) -> None:
    make_images(tmp_path / "test", 1, side=32)
    make_images(tmp_path / "train", 1, side=32, seed=1)
    run = ("run", "--method", "sure", "--datasets", "folder:test", "--train-set", "folder:train")
    plans = [
        bench(*run, "--precision", asked, "--dry-run", cwd=tmp_path).stdout.splitlines()
        for asked in ("auto", "fp32")
    ]
    assert plans[0][0] == plans[1][0]
    assert plans[0][1] != plans[1][1]


@pytest.mark.parametrize(
    "verb",
    [
        ("run", "--method", "noise2score"),
        ("compare",),
        ("sweep", "--method", "noise2score"),
        ("rank", "--datasets", "samples", "--methods", "noise2score"),
    ],
)
def test_each_verb_takes_it_and_refuses_another_in_a_line(
    tmp_path: Path, verb: tuple[str, ...]
) -> None:
    wrong = bench(*verb, "--precision", "bf16", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines() == [
        "bench: --precision bf16: give auto, which is bfloat16 where the hardware multiplies it, or"
        " fp32"
    ]
    right = bench(*verb, "--precision", "fp32", "--dry-run", cwd=tmp_path)
    assert right.returncode == 0, right.stderr
