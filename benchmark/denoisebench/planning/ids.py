"""Ids of trainings and cells: hashes of all that decides a result."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from denoisebench.images.image_set import ImageSet
from denoisebench.scoring.protocol import Protocol

if TYPE_CHECKING:
    from denoisebench.nn.devices import AskedPrecision


RECIPE_VERSION = 3
"""Counts changes of the engine and the networks that change what a recipe yields.  Since 2 the
U-Net starts from small weights, since 3 Adam's usual β₂ is 0.99, its rate 1e-3."""


CELL_VERSION = 1
"""Counts changes of how given weights, or none, are scored."""


def cell_id(
    *,
    method: str,
    source: str,
    weights: str,
    parameters: str,
    noise: str,
    image_set: ImageSet,
    protocol: Protocol,
    seed: int,
    self_ensemble: bool = False,
    precision: "AskedPrecision" = "auto",
    assumed: str = "",
) -> str:
    """The id of a cell.  method, noise: canonical specs.  source: as in `CellPlan`.  weights: the
    training's id or the SHA-256 of given ones; empty where nothing is trained.  assumed: as in
    `CellPlan`.  A self-ensemble has an entry more, and so has a cell for which float32 was asked,
    or another noise assumed; other ids are as they were before there were such options."""
    more: dict[str, Any] = {"self_ensemble": True} if self_ensemble else {}
    if precision == "fp32":
        more["precision"] = precision
    if assumed:
        more["assumed"] = assumed
    return hash_of(
        {
            "version": CELL_VERSION,
            "method": method,
            "source": source,
            "weights": weights,
            "parameters": parameters,
            "noise": noise,
            "images": image_set.spec,
            "digest": image_set.digest,
            "protocol": str(protocol),
            "seed": seed,
        }
        | more
    )


def hash_of(what: Mapping[str, Any]) -> str:
    """The id of a thing that plain values describe."""
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
