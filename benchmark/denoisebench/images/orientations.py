"""Self-ensembles: the mean of what a method makes of an image in its eight orientations.

A result names one by its method, as `tv (x8)`, so that it is never taken for the method itself.
"""

ORIENTATIONS = tuple((quarters, mirrored) for mirrored in (False, True) for quarters in range(4))
"""The eight orientations of an image: number of quarter turns, and whether it is mirrored first.

>>> ORIENTATIONS[0], ORIENTATIONS[-1], len(ORIENTATIONS)
((0, False), (3, True), 8)
"""

SELF_ENSEMBLED = f" (x{len(ORIENTATIONS)})"
"""Follows the spec or the name of a method in the label of its self-ensemble.

>>> "tv" + SELF_ENSEMBLED
'tv (x8)'
"""


def method_label(method: str, *, self_ensemble: bool) -> str:
    """The name that results give to the method of a spec.  "tv:weight=1" -> "tv:weight=1 (x8)" """
    return method + SELF_ENSEMBLED if self_ensemble else method


def without_ensemble(label: str) -> tuple[str, bool]:
    """The method's spec in a label of results, and whether the label is of a self-ensemble.

    >>> without_ensemble("tv:weight=0.1 (x8)")
    ('tv:weight=0.1', True)
    >>> without_ensemble("tv")
    ('tv', False)
    """
    return label.removesuffix(SELF_ENSEMBLED), label.endswith(SELF_ENSEMBLED)
