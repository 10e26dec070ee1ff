"""A checkpoint is used as it was written, or not at all."""

import random
import re
from pathlib import Path

import pytest
import torch

from denoisebench.errors import UserError
from denoisebench.training.checkpoint import resume, write_checkpoint


def test_a_checkpoint_of_which_a_bit_is_flipped_is_refused(tmp_path: Path) -> None:
    """One bit in the directory of the archive, which no checksum covers, read a tensor as zeros."""
    path, taken = tmp_path / "checkpoint.pt", []
    write_checkpoint(path, "settings", {"weight": torch.ones(2), "step": 3})
    resume(path, "settings", torch.device("cpu"), taken.append)
    assert [state["step"] for state in taken] == [3]
    data = bytearray(path.read_bytes())
    attributes = [8 * (entry.start() + 38) + 4 for entry in re.finditer(b"PK\x01\x02", data)]
    assert attributes
    for bit in [*attributes, *random.Random(0).sample(range(8 * len(data)), 100)]:
        data[bit // 8] ^= 1 << bit % 8
        path.write_bytes(data)
        with pytest.raises(UserError, match="not those that were written"):
            resume(path, "settings", torch.device("cpu"), taken.append)
        data[bit // 8] ^= 1 << bit % 8


@pytest.mark.parametrize("kept", [0, 31, 32, 33, -1])
def test_a_checkpoint_that_was_cut_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "checkpoint.pt"
    write_checkpoint(path, "settings", {"step": 3})
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"cannot be resumed.*delete it"):
        resume(path, "settings", torch.device("cpu"), print)
