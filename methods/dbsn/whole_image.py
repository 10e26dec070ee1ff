"""The networks of D-BSN on a whole image, in a fraction of the time that the plain module takes.

The branches run a layer at a time in strips of rows; what comes after them, 1×1 convolutions alone,
makes a feature that is never held for the whole image.
"""

import torch
from torch import Tensor, nn

from dbsn.network import DilatedBlindSpotNet

STRIP_PIXELS = {"cpu": 1 << 15, "cuda": 1 << 19, "mps": 1 << 19}
"""The number of pixels that go through a layer at a time."""


def predict_image(
    blind: DilatedBlindSpotNet, spread: nn.Module, noisy: Tensor
) -> tuple[Tensor, Tensor]:
    """μ and what `spread` makes of the feature: blind(noisy)[0] and spread(blind(noisy)[1]).

    noisy: (B, C, H, W), any H and W.  spread: 1×1, as `SpreadNet`.  Both float32, (B, C, H, W) and
    (B, outputs, H, W).
    """
    device = noisy.device.type
    count, _, height, width = noisy.shape
    rows = max(1, STRIP_PIXELS[device] // (count * width))
    ways = blind.ways(noisy, rows)
    means, spreads = [], []
    for top in range(0, height, rows):
        feature = blind.joined([way[:, :, top : top + rows] for way in ways])
        means.append(blind.mean_of(feature))
        spreads.append(spread(feature))
    return torch.cat(means, dim=2), torch.cat(spreads, dim=2)
