"""The default denoiser reaches on the stack of the study what its figures say."""

import importlib.util
from pathlib import Path

import numpy as np

import denoisebench

FILE = Path(__file__).parents[2] / "examples" / "studies" / "stack_study.py"
BEST_DB = 28.87
"""With the true detector and the weights for a range of levels, when the study was made."""


def test_stack_of_cells_is_denoised_by_weights_that_suit_its_level() -> None:
    """By weights of one level, which need 1.6 times the usual contrast, it would be 28.3 dB."""
    spec = importlib.util.spec_from_file_location("stack_study", FILE)
    assert spec is not None
    assert spec.loader is not None
    study = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(study)
    truth, noisy = study.recorded([study.cells()] * 2)
    denoised = denoisebench.denoise(noisy)
    assert study.psnr(truth, denoised) > BEST_DB - 0.2
    moved = np.abs(denoised.mean((1, 2)) - noisy.mean((1, 2)))
    assert (moved < 0.002 * np.ptp(truth)).all()
