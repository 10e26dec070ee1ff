"""Floats that strict JSON has no number for: in stored files and in exports."""

import json
import math

import numpy as np
import pytest

from denoisebench.results.strict_json import exported, json_text, number, stored

VALUE = {"psnr_db": [1.5, math.inf, -math.inf], "ssim": (np.float64("nan"),), "seed": 0, "x": None}


def test_a_stored_file_names_them():
    assert json.loads(json_text(stored(VALUE))) == {
        "psnr_db": [1.5, "inf", "-inf"],
        "ssim": ["nan"],
        "seed": 0,
        "x": None,
    }


def test_an_export_has_null_for_a_missing_number():
    assert json.loads(json_text(exported(VALUE)))["ssim"] == [None]
    assert exported(VALUE)["psnr_db"] == [1.5, "inf", "-inf"]


@pytest.mark.parametrize("value", [1.5, 2.0, math.inf, -math.inf, math.nan])
def test_a_number_comes_back(value):
    assert repr(number(json.loads(json_text(stored(value))))) == repr(value)


@pytest.mark.parametrize("value", [None, True, "1.5", "NaN", [1.0]])
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ValueError, match="is not a number"):
        number(value)
