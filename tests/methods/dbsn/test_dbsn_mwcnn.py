"""The MWCNN student: its size, and a Haar transform that loses nothing."""

import numpy as np
import pytest
import pywt
import torch
from torch import nn

from dbsn.mwcnn import MWCNN, Level, haar, inverse_haar


def random_image(channels: int, height: int, width: int) -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randn((2, channels, height, width), generator=rng, dtype=torch.float64)


def test_the_bands_of_one_square_are_half_its_sum_and_differences() -> None:
    square = torch.tensor([[1.0, 2.0], [3.0, 8.0]]).view(1, 1, 2, 2)
    assert haar(square).flatten().tolist() == [7.0, -4.0, -3.0, 2.0]


@pytest.mark.parametrize("channels", [1, 3])
def test_the_bands_are_those_of_pywavelets(channels: int) -> None:
    x = random_image(channels, 6, 10)
    bands = haar(x).numpy()
    for c in range(channels):
        low, high = pywt.dwt2(x[:, c].numpy(), "haar")
        expected = np.stack([low, *high], axis=1)
        np.testing.assert_allclose(bands[:, 4 * c : 4 * c + 4], expected, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_inverse_gives_the_image_back(channels: int) -> None:
    x = random_image(channels, 8, 6)
    torch.testing.assert_close(inverse_haar(haar(x)), x, rtol=0.0, atol=1e-14)


def test_the_transform_keeps_energy() -> None:
    x = random_image(3, 8, 6)
    assert float(haar(x).square().sum()) == pytest.approx(float(x.square().sum()), rel=1e-12)


def test_the_network_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        net = MWCNN(1)
    assert sum(p.numel() for p in net.parameters()) == 16_145_892


def test_its_levels_bear_the_official_names() -> None:
    with torch.device("meta"):
        names = list(MWCNN(1).state_dict())
    levels = [f"level{i}_{way}" for i, way in ((1, "prev"), (2, "prev"), (3, "prev"))]
    levels += [f"level{i}_next" for i in (3, 2, 1)]
    expected = [
        f"{v}.block.{i}.{p}" for v in levels for i in (0, 2, 4, 6) for p in ("weight", "bias")
    ]
    assert names == expected


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dbsn.mwcnn.FEATURES", (4, 6, 5))


@pytest.mark.usefixtures("narrow")
@pytest.mark.parametrize(
    ("channels", "height", "width"), [(1, 16, 8), (3, 13, 21), (1, 1, 1), (1, 3, 40)]
)
def test_any_height_and_width_comes_back(channels: int, height: int, width: int) -> None:
    x = torch.rand((2, channels, height, width), generator=torch.Generator().manual_seed(0))
    out = MWCNN(channels)(x)
    assert out.shape == x.shape
    assert out.isfinite().all()


@pytest.mark.usefixtures("narrow")
def test_with_silent_convolutions_the_image_passes_through_the_skips() -> None:
    net = MWCNN(1).double()
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    x = random_image(1, 11, 16)
    torch.testing.assert_close(net(x), x, rtol=0.0, atol=1e-13)


def test_only_the_last_level_ends_without_a_relu() -> None:
    with torch.device("meta"):
        net = MWCNN(1)
    open_ended = [
        name
        for name, level in net.named_children()
        if isinstance(level, Level) and isinstance(level.block[-1], nn.Conv2d)
    ]
    assert open_ended == ["level1_next"]


@pytest.mark.usefixtures("narrow")
def test_weights_start_orthogonal() -> None:
    torch.manual_seed(0)
    conv = MWCNN(1).level1_prev.block[2]
    assert isinstance(conv, nn.Conv2d)
    rows = conv.weight.detach().flatten(1)
    torch.testing.assert_close(rows @ rows.T, torch.eye(len(rows)), rtol=0.0, atol=1e-5)
