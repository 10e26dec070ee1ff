"""Stands in a batch for images that the evidence does not show: any use of it raises."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NoReturn

import torch
from torch import Tensor

from denoisebench.plugin.method import Batch, Evidence

_WHY: Mapping[tuple[Evidence, str], str] = MappingProxyType(
    {
        (Evidence.NOISY, "target"): "NOISY shows no clean image and no second noisy copy",
        (Evidence.NOISY, "clean"): "NOISY shows no clean image",
        (Evidence.NOISY_PAIRS, "clean"): "NOISY_PAIRS shows no clean image, but a second noisy copy"
        " in batch.target",
        (Evidence.UNPAIRED, "target"): "UNPAIRED shows no clean image of the same scene and no"
        " second noisy copy, but clean images of other scenes in batch.clean",
        (Evidence.CLEAN, "clean"): "CLEAN shows no clean image of other scenes, but that of the"
        " same scene in batch.target",
    }
)
"""By evidence and field of a batch."""


class NotShownError(RuntimeError):
    """A loss used an image that its evidence does not show."""


class NotShown(Tensor):
    """A tensor that can only be passed on."""

    why: str

    @staticmethod
    def because(why: str) -> "NotShown":
        """One whose use raises NotShownError with this text."""
        made: NotShown = Tensor._make_subclass(NotShown, torch.empty(0))
        made.why = why
        return made

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> NoReturn:
        del func, types
        raise NotShownError(next(x.why for x in _each((*args, kwargs or {})) if type(x) is cls))

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]  # its contents play no part
        return f"<not shown: {self.why}>"


def shown_as(batch: Batch, evidence: Evidence) -> Batch:
    """A batch as a loss gets it: what `evidence` does not show raises, and says so, when used."""
    missing = {
        name: NotShown.because(f"{_WHY[evidence, name]}: there is no batch.{name}")
        for name in ("target", "clean")
        if getattr(batch, name) is None
    }
    return replace(batch, **missing)


def _each(values: Any) -> Iterator[Any]:
    """The leaves of nested containers."""
    for value in values.values() if isinstance(values, Mapping) else values:
        if isinstance(value, (list, tuple, Mapping)):
            yield from _each(value)
        else:
            yield value
