"""Methods that learn nothing.  For now the one every table starts from: the noisy image itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from denoisebench.hookspecs import hookimpl
from denoisebench.interfaces import Method, Task, UntrainedMethod

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityConfig:
    """Nothing to set."""


class Identity(UntrainedMethod[IdentityConfig]):
    name = "identity"
    summary = "the noisy image, scored as any estimate is: what every method must beat"
    config_type = IdentityConfig

    def denoise(
        self, config: IdentityConfig, task: Task, noisy: "Tensor", level: float | None
    ) -> "Tensor":
        del config, task, level
        return noisy


@hookimpl
def register_methods() -> Iterable[Method[Any]]:
    return [Identity()]
