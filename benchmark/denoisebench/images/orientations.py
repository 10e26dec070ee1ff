"""Self-ensembles: the mean of what a method makes of an image in its eight orientations.

A result names one by its method, as `tv (x8)`, so that it is never taken for the method itself.
"""

ORIENTATIONS = tuple((quarters, mirrored) for mirrored in (False, True) for quarters in range(4))
"""How often a quarter turn is made, and whether the image is mirrored first."""

SELF_ENSEMBLED = f" (x{len(ORIENTATIONS)})"
"""What stands behind the spec of a method, or behind its name, that is a self-ensemble."""


def method_label(method: str, *, self_ensemble: bool) -> str:
    """What results call the method of a spec.  "tv:weight=1" -> "tv:weight=1 (x8)" """
    return method + SELF_ENSEMBLED if self_ensemble else method


def without_ensemble(label: str) -> tuple[str, bool]:
    """The method's spec of a label, and whether it is a self-ensemble."""
    return label.removesuffix(SELF_ENSEMBLED), label.endswith(SELF_ENSEMBLED)
