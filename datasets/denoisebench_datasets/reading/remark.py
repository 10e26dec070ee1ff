"""A line for the user where the images of a set leave much of their range unused."""

from collections.abc import Collection

from denoisebench_datasets.reading.encoded import Kind
from denoisebench_datasets.reading.scale import Scale

MOST_BITS = 14
"""Of values stored in 16 bits: so few are asked about."""
DARK = 1e-3
"""The largest value of float images that is asked about."""

SIXTEEN_BITS, WHITE = Kind(16, is_float=False), 65535


def remark_on(spec: str, kinds: Collection[Kind], scale: Scale, largest: float) -> str:
    """The question about a set whose largest pixel is `largest`; empty for none.

    kinds: of its files.  scale: by which they are read; where it says what is white, there is
    nothing to ask.
    """
    if scale.white is not None or largest <= 0.0:
        return ""
    value = round(largest * WHITE + scale.black)
    bits = value.bit_length()
    if all(kind == SIXTEEN_BITS for kind in kinds) and bits <= MOST_BITS:
        return (
            f"{spec}: the largest value of all is {value}, of {WHITE}; if these are {bits}-bit"
            f" data, give :white={2**bits - 1} with the set, or :white=auto"
        )
    if all(kind.is_float for kind in kinds) and largest < DARK:
        return (
            f"{spec}: the largest value of all is {largest:.3g}; if that is white, give :white=auto"
            " with the set"
        )
    return ""
