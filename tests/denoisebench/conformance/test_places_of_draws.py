"""A draw from a global generator is named by its own line, not by that of the check's function."""

from pathlib import Path

import pytest
from broken import SOUND, broken, failures

LOSS = "        predicted = model.network(batch.noisy).float() * model.config.gain\n"
DENOISED = "        return model.network(noisy) * model.config.gain\n"
DRAWN = {
    "torch": "torch.rand(())",
    "numpy": "numpy.random.rand()",
    "python": "random.random()",
}
HELP = """

def drawn(images):
    import random
    import numpy
    import torch

    factor = 0.001
    return images * (1.0 + factor * {})
"""


@pytest.mark.parametrize("of", DRAWN)
@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        ("loss-seeded", LOSS, LOSS + "        predicted = drawn(predicted)\n"),
        ("deterministic", DENOISED, DENOISED.replace("(noisy)", "(drawn(noisy))")),
    ],
)
def test_the_line_is_the_one_that_draws(
    check: str, old: str, new: str, of: str, tmp_path: Path
) -> None:
    last = "    return [Sound()]\n"
    source = SOUND.replace(last, last + HELP.format(DRAWN[of]))
    path = broken(tmp_path, [(old, new)], source)
    lines = path.read_text(encoding="utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if "1.0 + factor" in text)
    assert f"(plugin.py:{line})" in failures(path)[check]
