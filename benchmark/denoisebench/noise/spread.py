"""How the levels of a range are spread: the last part of `gaussian:5..50:spread=even`.

    even      level = low + u·(high − low)
    log       level = low·(high/low)^u
    inverse   1/level = 1/low + u·(1/high − 1/low)

u is drawn from U[0, 1).  `inverse` is what an even spread of the peak P = 1/ζ is to Poisson's ζ.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeVar, get_args

from denoisebench.errors import UserError, unknown_name
from denoisebench.specs import Spec, number_text, parse_spec

if TYPE_CHECKING:
    from torch import Tensor

    from denoisebench.noise.family import Noise, NoiseFamily

KEY = "spread"
"""Of a spec's option."""

Spread = Literal["even", "log", "inverse"]
"""Whether the level, its logarithm or its inverse is drawn evenly from a range.

>>> NoiseFamily.spread
'log'
"""

SPREAD_WORDS: dict[Spread, str] = {
    "even": "evenly",
    "log": "log-evenly",
    "inverse": "so that their inverse is even",
}
"""How levels lie in a range: `levels lie log-evenly`."""

Number = TypeVar("Number", float, "Tensor")


def level_between(low: float, high: float, u: Number, spread: Spread) -> Number:
    """The level at quantile u of low..high; see the top of the module.  u: 0 to 1, any shape."""
    if spread == "even":
        return low + u * (high - low)
    if spread == "log":
        level: Number = low * (high / low) ** u
        return level
    return 1.0 / (1.0 / low + u * (1.0 / high - 1.0 / low))


def noise_of(family: "NoiseFamily", spec: Spec) -> "Noise":
    """The noise model that a spec of a family means, its spread included.

    Raises UserError for a spec that is not so, a spread of what is no range, and a range from 0
    that is not to be even.
    """
    plain, asked = _split(spec)
    noise = family.parse(plain)
    if asked is None:
        return noise
    if noise.is_real:
        raise UserError(f"noise {str(spec)!r}: its levels are unknown; leave {KEY}={asked} out")
    if not noise.is_range:
        low, high = map(number_text, family.blind)
        example = f"{family.name}:{low}..{high}:{KEY}={asked}"
        raise UserError(f"noise {str(spec)!r}: {KEY} is of a range, as in {example}; leave it out")
    spread = family.spread_of(asked)
    if noise.low == 0.0 and spread != "even":
        raise UserError(
            f"noise {str(spec)!r}: the levels of a range from 0 lie evenly; leave {KEY}={asked} out"
        )
    usual = noise.low == 0.0 or spread == noise.family.spread
    return replace(noise, asked_spread=None if usual else spread)


def without_spread(noise: str) -> str:
    """The spec of a noise with the usual spread of its levels.

    >>> without_spread("gaussian:5..50:spread=even")
    'gaussian:5..50'
    """
    return str(_split(parse_spec(noise))[0])


def _split(spec: Spec) -> tuple[Spec, Spread | None]:
    """A spec without its spread, and the spread; None where it says none.

    Raises UserError for a spread of no such name.
    """
    options = dict(spec.options)
    word = options.pop(KEY, None)
    if word is None:
        return spec, None
    for known in get_args(Spread):
        if word == known:
            return replace(spec, options=tuple(sorted(options.items()))), known
    raise UserError(f"noise {str(spec)!r}: {unknown_name(KEY, word, get_args(Spread))}")
