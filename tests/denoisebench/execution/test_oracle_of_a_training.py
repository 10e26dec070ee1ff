"""The PSNR on held-out images that a training records."""

import torch
from recipe_requests import asked

from denoisebench.conformance.inputs import picture
from denoisebench.execution.fit import _oracle
from denoisebench.images.image_set import LoadedImage
from denoisebench.nn.devices import Precision
from denoisebench.planning.planner import make_plan
from denoisebench.registry.loader import load


def test_bfloat16_hardly_changes_it_and_leaves_the_network_as_it_was() -> None:
    registries = load()
    recipe = registries.recipe("noise2noise/gray-gaussian25")
    (training,) = make_plan(asked(recipe), registries).trainings
    held_out = [LoadedImage(str(size), picture(1, size, size)) for size in (64, 72)]
    torch.manual_seed(0)
    network = training.method.network(training.config, training.task).requires_grad_(False)
    noisy, shown, psnr_db = torch.rand(1, 1, 64, 64), [], {}
    before = network(noisy)
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    for precision in precisions:
        oracle = _oracle(training, held_out, "cpu", precision, shown.append)
        assert oracle is not None
        psnr_db[precision] = oracle(network)
    assert psnr_db["fp32"] != psnr_db["bf16"]
    assert abs(psnr_db["fp32"] - psnr_db["bf16"]) < 0.05
    assert torch.equal(network(noisy), before)
    assert [pair.shape for pair in shown] == [(1, 64, 128)] * 2
