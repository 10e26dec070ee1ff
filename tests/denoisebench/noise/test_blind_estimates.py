"""How well level and family are estimated on real images without a network: Set12, and the 256×256
centres of Kodak, as luma.  This prints the tables:

    pytest -m slow -s tests/denoisebench/noise/test_blind_estimates.py
"""

from collections import Counter

import numpy as np
import pytest
from noises import noise

from denoisebench.images.pixels import Pixels, to_gray
from denoisebench.noise_models.family_estimator import decide_family

pytestmark = pytest.mark.slow

LEVELS = ("gaussian:15", "gaussian:25", "gaussian:50", "poisson:0.01", "poisson:0.05")
LEVELS += ("gamma:50", "gamma:100")


def centre(pixels: Pixels) -> Pixels:
    top, left = ((n - 256) // 2 for n in pixels.shape[1:])
    return np.ascontiguousarray(pixels[:, top : top + 256, left : left + 256])


@pytest.fixture
def images(real_set) -> dict[str, list[Pixels]]:
    kodak = [centre(to_gray(image.load())) for image in real_set("kodak").images]
    return {"set12": [image.load() for image in real_set("set12").images], "kodak": kodak}


@pytest.mark.parametrize("text", LEVELS)
def test_the_median_level_is_5_percent_off_at_most(images, text):
    for name, pixels in images.items():
        errors = []
        for clean in pixels:
            noisy, level = noise(text).noisy(clean, seed=0)
            estimate = noise(text).family.estimate(noisy)
            assert estimate is not None
            errors.append(estimate / level - 1.0)
        median, rms = np.median(np.abs(errors)), np.sqrt(np.mean(np.square(errors)))
        print(f"\n{text} on {name}: median error {median:.1%}, root mean square {rms:.1%}")
        assert median < 0.05


def test_9_in_10_verdicts_on_the_family_are_right_and_8_in_10_images_get_one(images):
    verdicts: Counter[tuple[str, str]] = Counter()
    for pixels in images.values():
        for text in LEVELS:
            for clean in pixels:
                noisy, _ = noise(text).noisy(clean, seed=0)
                verdicts[noise(text).family.name, decide_family(noisy).family or "cannot tell"] += 1
    for (truth, verdict), count in sorted(verdicts.items()):
        print(f"\n{truth} told as {verdict}: {count}", end="")
    total = sum(verdicts.values())
    undecided = sum(n for (_, verdict), n in verdicts.items() if verdict == "cannot tell")
    right = sum(n for (truth, verdict), n in verdicts.items() if truth == verdict)
    assert right >= 0.9 * (total - undecided)
    assert undecided <= 0.2 * total
