"""A method's knowledge of the noise level: known, unknown, or picked by an oracle.

A method is trained for a known or an unknown level.  In scoring there is a third kind.  An oracle
is trained as for an unknown level; each image is denoised at levels of a fixed grid, and the
estimate with the highest PSNR counts.  It is never ranked.

An oracle checkpoint is the weights of a training with the highest PSNR on held-out clean images,
instead of the last ones.  It is not ranked either.
"""

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from denoisebench.noise.family import Noise

TrainingKnowledge = Literal["known", "unknown"]
"""A method's knowledge of the noise level in training: `--parameters`, without `oracle`.

>>> parameters: TrainingKnowledge = "known"
"""

LevelKnowledge = Literal["known", "unknown", "oracle"]
"""A method's knowledge of the level of a scored image."""

ORACLE: Literal["oracle"] = "oracle"
"""The value of `parameters` in results whose levels an oracle picked.

>>> rows = [("known", 29.1), ("oracle", 30.0)]
>>> [psnr_db for parameters, psnr_db in rows if parameters != ORACLE]
[29.1]
"""

ORACLE_CHECKPOINT = "oracle checkpoint"
"""How results name weights that clean images picked.

>>> f"noise2score ({ORACLE_CHECKPOINT})"
'noise2score (oracle checkpoint)'
"""

LEVELS = 72
"""The number of levels that an oracle tries.  For σ 5..55 they are 3.4 % apart.  With 12 they would
be up to 10 % off; Noise2Score then loses 1 dB, and an oracle is worse than an estimate.

>>> round(100 * ((55 / 5) ** (1 / LEVELS) - 1), 1)
3.4
"""

STRIDE = 6
"""The coarse search tries one level in this many, before the neighbours of the best."""

IGNORES_LEVELS = "it makes the same image for every level, so there is none to pick"


def trained_for(knowledge: LevelKnowledge) -> "TrainingKnowledge":
    """The kind of training: for an oracle the same as for an unknown level."""
    return "unknown" if knowledge == "oracle" else knowledge


def oracle_levels(noise: "Noise") -> tuple[float, ...]:
    """The levels that an oracle tries with a method that learned `noise`.

    They are the middles of LEVELS equal shares of the family's blind range, spaced as levels are
    drawn from it. An end of the range, where there may be no noise, is never a level; a round
    number is one only by chance.
    """
    blind = noise.blind_range()
    return tuple(blind.level_at((i + 0.5) / LEVELS) for i in range(LEVELS))
