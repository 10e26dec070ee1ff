"""The networks of D-BSN on a whole image, in a fraction of the time that the plain module takes.

The branches run in bfloat16 where the hardware has it, a layer at a time in strips of rows; what
comes after them, 1×1 convolutions alone, stays in float32, and makes a feature that is never held
for the whole image.
"""

import torch
from torch import Tensor, nn

from dbsn.network import DilatedBlindSpotNet
from denoisebench.devices import pick_precision

STRIP_PIXELS = {"cpu": 1 << 14, "cuda": 1 << 19, "mps": 1 << 19}
"""So many pixels go through a layer at a time."""


def predict_image(
    blind: DilatedBlindSpotNet, spread: nn.Module, noisy: Tensor
) -> tuple[Tensor, Tensor]:
    """μ and what `spread` makes of the feature: blind(noisy)[0] and spread(blind(noisy)[1]).

    noisy: (B, C, H, W), any H and W.  spread: 1×1, as `SpreadNet`.  Both float32, (B, C, H, W) and
    (B, outputs, H, W), the same as in float32 throughout but for the rounding of the branches.
    """
    device = noisy.device.type
    count, _, height, width = noisy.shape
    rows = max(1, STRIP_PIXELS[device] // (count * width))
    with torch.autocast(device, torch.bfloat16, enabled=pick_precision(device) == "bf16"):
        ways = [blind.way(branch, noisy, rows) for branch in (blind.br1, blind.br2)]
    means, spreads = [], []
    for top in range(0, height, rows):
        feature = blind.joined([way[:, :, top : top + rows].float() for way in ways])
        means.append(blind.dbsn_tail(feature))
        spreads.append(spread(feature))
    return torch.cat(means, dim=2), torch.cat(spreads, dim=2)
