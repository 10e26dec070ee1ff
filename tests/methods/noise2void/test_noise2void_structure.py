"""structN2V: what is hidden around a predicted pixel."""

import pytest
import torch

from denoisebench.noise.family import Noise
from denoisebench.noise_models.correlated import Correlated
from denoisebench.plugin import Task
from noise2void import Noise2Void
from noise2void.config import Config
from noise2void.masking import hide, hide_structure

SHAPES = {
    "row": {(0, -2), (0, -1), (0, 1), (0, 2)},
    "column": {(-2, 0), (-1, 0), (1, 0), (2, 0)},
    "cross": {(0, -2), (0, -1), (0, 1), (0, 2), (-2, 0), (-1, 0), (1, 0), (2, 0)},
    "square": {(y, x) for y in range(-2, 3) for x in range(-2, 3)} - {(0, 0)},
    "none": set(),
}


@pytest.mark.parametrize("structure", SHAPES)
def test_the_pixels_of_a_structure_are_replaced_and_no_others(structure):
    image = torch.rand(1, 1, 21, 21)
    mask = torch.zeros_like(image)
    mask[..., 10, 10] = 1.0
    seen = hide_structure(image, mask, structure, 5, torch.Generator().manual_seed(0))
    rows, columns = (seen != image)[0, 0].nonzero(as_tuple=True)
    changed = {(int(y) - 10, int(x) - 10) for y, x in zip(rows, columns, strict=True)}
    assert changed == SHAPES[structure]
    assert image.min() <= seen.min()
    assert seen.max() <= image.max()


def test_the_predicted_pixel_keeps_its_replacement_and_the_border_is_no_obstacle():
    rng = torch.Generator().manual_seed(0)
    image = torch.rand(2, 3, 16, 24)
    seen, mask = hide(image, 8, 2, "uniform", rng)
    structured = hide_structure(seen, mask, "square", 7, rng)
    assert torch.equal(structured[mask > 0], seen[mask > 0])
    assert (structured != seen).float().mean() > 0.3


def test_correlated_noise_is_taken_with_a_structure_alone():
    alike = Task(Noise(Correlated(1.0), 25.0, 25.0), "known", 1)
    assert "not independent" in Noise2Void().declines(Config(), alike)
    assert Noise2Void().declines(Config(structure="square", span=7), alike) is None
    with pytest.raises(ValueError, match="odd"):
        Config(span=4)
