"""What D-BSN costs at its published size: `make bench`.  The whole-image way of this suite and the
plain float32 module, written as the paper describes it, on the same pixels."""

from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from dbsn.network import DilatedBlindSpotNet, SpreadNet
from dbsn.whole_image import predict_image
from denoisebench.nn.devices import pick_precision
from denoisebench.nn.padding import run_in_bf16

HEIGHT, WIDTH = 96, 481
GROUP = f"D-BSN at its published size, {HEIGHT}×{WIDTH} gray"


class PlainNet:
    """The published network with dilated convolutions of whole images in float32."""

    def __init__(self, state: Mapping[str, Tensor]) -> None:
        self._state = {name: tensor.contiguous() for name, tensor in state.items()}
        for branch, centre in (("br1", 1), ("br2", 2)):
            masked = self._state[f"{branch}.branch.0.weight"].clone()
            masked[:, :, centre, centre] = 0.0
            self._state[f"{branch}.branch.0.weight"] = masked

    def conv(self, name: str, x: Tensor, dilation: int = 1) -> Tensor:
        weight, bias = self._state[f"{name}.weight"], self._state[f"{name}.bias"]
        reach = dilation * (weight.shape[-1] // 2)
        return F.conv2d(x, weight, bias, padding=reach, dilation=dilation)

    def chain(self, x: Tensor, *names: str, dilation: int = 1) -> Tensor:
        for name in names:
            x = F.relu(self.conv(name, x, dilation))
        return x

    def block(self, at: str, x: Tensor, d: int) -> Tensor:
        far = self.chain(x, f"{at}.inception_br1.0", f"{at}.inception_br1.2", dilation=d)
        near = self.chain(x, f"{at}.inception_br2.0", f"{at}.inception_br2.2", dilation=d)
        here = self.chain(x, f"{at}.inception_br3.0")
        joined = self.chain(torch.cat([far, near, here], dim=1), f"{at}.concat") + x
        return self.chain(joined, f"{at}.middle_1x1_convs.0", f"{at}.middle_1x1_convs.2")

    def __call__(self, x: Tensor) -> tuple[Tensor, Tensor]:
        head, ways = self.chain(x, "dbsn_head.0"), []
        for at, d in (("br1.branch", 2), ("br2.branch", 3)):
            h = self.chain(head, f"{at}.0", f"{at}.2", f"{at}.4")
            for i in range(6, 14):
                h = self.block(f"{at}.{i}", h, d)
            ways.append(self.conv(f"{at}.14", h))
        feature = self.conv("concat", torch.cat(ways, dim=1))
        return self.conv("dbsn_tail.4", self.chain(feature, "dbsn_tail.0", "dbsn_tail.2")), feature


@pytest.fixture(scope="module")
def noisy() -> Tensor:
    return torch.rand((1, 1, HEIGHT, WIDTH), generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def blind() -> DilatedBlindSpotNet:
    torch.manual_seed(0)
    network = DilatedBlindSpotNet(1).eval().requires_grad_(False)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]  # torch's stubs lack it


@pytest.fixture(scope="module")
def spread() -> nn.Module:
    return SpreadNet(96, 16, 1).eval().requires_grad_(False)


@pytest.mark.benchmark(group=GROUP)
def test_dbsn_plain(
    benchmark: BenchmarkFixture, blind: DilatedBlindSpotNet, spread: nn.Module, noisy: Tensor
) -> None:
    plain = PlainNet(blind.state_dict())

    def predict() -> tuple[Tensor, Tensor]:
        mean, feature = plain(noisy)
        return mean, spread(feature)

    benchmark.pedantic(predict, rounds=3, warmup_rounds=1)


@pytest.mark.benchmark(group=GROUP)
def test_dbsn_whole_image(
    benchmark: BenchmarkFixture, blind: DilatedBlindSpotNet, spread: nn.Module, noisy: Tensor
) -> None:
    if pick_precision("cpu") == "bf16":
        for branch in (blind.br1, blind.br2):
            run_in_bf16(branch, "cpu")
    benchmark.pedantic(predict_image, (blind, spread, noisy), rounds=6, warmup_rounds=1)
