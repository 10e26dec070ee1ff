"""How often the noise of training images is drawn."""

from typing import Literal

Draws = Literal["fixed", "fresh"]
"""How often the noise of a training image is drawn: once, or anew at every step.

>>> draws: Draws = "fixed"
"""
