"""Options of `denoisebench.denoise` and of the verbs that read a user's files."""

from dataclasses import dataclass, fields
from math import isfinite
from typing import Literal

from denoisebench.errors import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOptions:
    """How files are read and how their noise is found.

    noise: `auto` or a spec.  unit: of its level: `scaled`, that of the pixels once they are scaled
    to 0-255 (level) and 0-1 (gain), or `adu`, the numbers of the file.  scale: `auto`, `dtype` or
    LOW:HIGH, what is shown as black and white.  gain, offset: of the detector, in the numbers of
    the file; None to estimate them.  axes, series, channel: of a file with several images; None for
    what it says, the first, and all.

    Raises UserError for options that contradict each other.
    """

    noise: str = "auto"
    unit: Literal["scaled", "adu"] = "scaled"
    scale: str = "auto"
    gain: float | None = None
    offset: float | None = None
    axes: str | None = None
    channel: int | None = None
    series: int = 0

    def __post_init__(self) -> None:
        if self.noise != "auto" and (self.gain is not None or self.offset is not None):
            raise UserError(
                f"--gain and --offset are of noise that is estimated; leave --noise {self.noise}"
                " out, or give them in it, as --noise poisson-gaussian:GAIN:READ:OFFSET --unit adu"
            )
        if self.gain is not None and not 0.0 < self.gain < float("inf"):
            raise UserError(f"--gain {self.gain:g}: give a number above 0")
        if self.offset is not None and not isfinite(self.offset):
            raise UserError(f"--offset {self.offset:g}: give a number")
        if self.unit == "adu" and self.noise == "auto":
            raise UserError("--unit adu is of a level that is given; give --noise with it")

    @property
    def words(self) -> list[str]:
        """The options that were given, as they are typed."""
        values = {field.name: getattr(self, field.name) for field in fields(LookOptions)}
        usual = {field.name: field.default for field in fields(LookOptions)}
        given = {name: value for name, value in values.items() if value != usual[name]}
        return [word for name, value in given.items() for word in (f"--{name}", str(value))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiseOptions(LookOptions):
    """method: a spec; None for the default.  weights: `auto`, `zoo`, `none`, `train` or a file.
    tile: side of the tiles, in pixels.  memory: at most, in GB.

    Raises UserError for options that contradict each other.
    """

    method: str | None = None
    weights: str = "auto"
    tile: int | None = None
    memory: float | None = None
    device: str = "auto"
    dtype: Literal["same", "float32"] = "same"
    budget: str | None = None

    def __post_init__(self) -> None:
        LookOptions.__post_init__(self)
        if self.budget is not None and self.weights != "train":
            raise UserError("--budget is of a training; give --weights train with it")
