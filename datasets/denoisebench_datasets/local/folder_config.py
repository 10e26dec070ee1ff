"""The settings that sets of the user's own files have in common."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from denoisebench.plugin import COLOUR, GRAY, Spec, UserError, number, number_text
from denoisebench_datasets.local.stored_files import StoredFile, scaled
from denoisebench_datasets.reading.scale import Scale

WORDS = {"gray": GRAY, "colour": COLOUR}
AUTO = "auto"
OPTIONS = "[:channels=gray|colour][:white=VALUE|auto][:black=VALUE]"


@dataclass(frozen=True, kw_only=True)
class ChannelsConfig:
    """`channels` empty: by what the files are."""

    channels: str = ""

    def __post_init__(self) -> None:
        if self.channels not in ("", *WORDS):
            raise ValueError(f"channels is {' or '.join(WORDS)}, not {self.channels!r}")


@dataclass(frozen=True, kw_only=True)
class FolderConfig(ChannelsConfig):
    """How files are read.  black, white: the values in the files that are 0 and 1 in the images.

    white: a number; empty: what the type of the values says; `auto`: the largest value of the set.
    """

    black: float = 0.0
    white: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.black):
            raise ValueError(f"black: {self.black} is not a number")
        white = self.scale.white
        if white is not None and white <= self.black:
            raise ValueError(f"white: {white:g} is not above black={self.black:g}")

    @property
    def scale(self) -> Scale:
        """Black and white; without white where it is automatic.  ValueError for no number."""
        if self.white in ("", AUTO):
            return Scale(self.black)
        try:
            return Scale(self.black, number(self.white))
        except ValueError as error:
            raise ValueError(f"white: {error}") from None

    def read(
        self, files: Sequence[StoredFile], references: Iterable[StoredFile]
    ) -> list[StoredFile]:
        """The files of a set, to be read by these settings.

        references: whose largest value is white, if that is automatic.  Raises UserError
        for what `found_scale` and `scaled` refuse.
        """
        folder = str(files[0].path.parent)
        scale = found_scale(self, folder, (file.largest() for file in references))
        return scaled(files, scale)

    def canonical(self, name: str, values: tuple[str, ...], scale: Scale) -> Spec:
        """The spec of a set, with the white that was found."""
        options = {"channels": self.channels}
        if scale.black:
            options["black"] = number_text(scale.black)
        if scale.white is not None:
            options["white"] = number_text(scale.white)
        return Spec(name, values, tuple(sorted((k, v) for k, v in options.items() if v)))


def found_scale(config: FolderConfig, folder: str, largest_values: Iterable[float]) -> Scale:
    """The scale of a config; where white is automatic, with the largest of these values, which are
    not looked at otherwise.  UserError when that is not above black."""
    scale = config.scale
    if config.white != AUTO:
        return scale
    largest = max(largest_values, default=scale.black)
    if largest <= scale.black:
        raise UserError(
            f"{folder}: white=auto finds {largest:g}, which is not above black={scale.black:g}"
        )
    return replace(scale, white=float(number_text(largest)))
