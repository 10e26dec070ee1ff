"""What a loss is given in place of images that its evidence does not show: any use of it raises."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NoReturn

import torch
from torch import Tensor

from denoisebench.plugin.method import Batch, Evidence


class NotShownError(RuntimeError):
    """A loss used an image that its evidence does not show."""


class NotShown(Tensor):
    """A tensor whose use raises NotShownError."""

    why: str

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Any = None
    ) -> NoReturn:
        every = [*args, *(kwargs or {}).values()]
        raise NotShownError(next((x.why for x in every if type(x) is cls), "it is not shown"))


def shown_as(batch: Batch, evidence: Evidence) -> Batch:
    """A batch whose missing images raise, and say so, when they are used."""
    missing: dict[str, Tensor] = {}
    for name in ("target", "clean"):
        if getattr(batch, name) is None:
            made = Tensor._make_subclass(NotShown, torch.empty(0))
            made.why = f"{evidence.name} shows no clean image in batch.{name}"
            missing[name] = made
    return replace(batch, **missing)
