"""What a method knows of the noise level: known, unknown, or picked by an oracle.

A method is trained for a known or an unknown level.  In scoring there is a third kind.  An oracle
is trained as for an unknown level; each image is denoised at levels of a fixed grid, and the
estimate with the highest PSNR counts.  It is never ranked.

Oracle checkpoints: of a training the weights with the highest PSNR on held-out clean images, in
place of the last ones.  They are not ranked either.
"""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from denoisebench.noise.family import Noise

Parameters = Literal["known", "unknown"]
"""What a method knows of the level in training."""

Knowledge = Literal["known", "unknown", "oracle"]
"""What a method knows of the level of an image that is scored."""

ORACLE: Literal["oracle"] = "oracle"

ORACLE_CHECKPOINT = "oracle checkpoint"
"""What the weights of a training are called that clean images picked, and their columns."""

LEVELS = 72
"""Of the grid.  Those of σ 5..55 are 3.4 % apart: where the score of Noise2Score is used at a level
10 % off, as with 12, it loses 1 dB, and an oracle is worse than an estimate."""

STRIDE = 6
"""Of so many neighbours one is tried first."""

IGNORES_LEVELS = "it makes the same image whatever level it is told, so that there is none to pick"


def trained_for(knowledge: Knowledge) -> "Parameters":
    """What is trained: for an oracle the same as for an unknown level."""
    return "unknown" if knowledge == "oracle" else knowledge


def oracle_levels(noise: "Noise") -> tuple[float, ...]:
    """The levels that an oracle tries with a method that learned `noise`.

    In the middle of so many equal shares of the family's blind range, as levels are drawn from it:
    no end of the range, where there may be no noise, and no round level but by chance.
    """
    blind = noise.blind()
    return tuple(blind.level_at((i + 0.5) / LEVELS) for i in range(LEVELS))
