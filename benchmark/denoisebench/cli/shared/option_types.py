"""Types of options that take whole numbers, read as those of a spec are."""

import re
from typing import Any

import click

from denoisebench.errors import UserError
from denoisebench.specs import LARGEST_SEED, split_list, whole_number


class Whole(click.IntRange):
    """One whole number within bounds."""

    def __init__(self, least: int, greatest: int) -> None:
        super().__init__(least, greatest)
        self._bounds = (least, greatest)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return whole_number(str(value), *self._bounds)
        except ValueError as error:
            self.fail(str(error), param, ctx)


DEVICE = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]{0,2}))?")

SEED = Whole(0, LARGEST_SEED)


class Seeds(click.ParamType[tuple[int, ...]]):
    """Several seeds.  "0,1,2" -> (0, 1, 2)"""

    name = "seeds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        try:
            return tuple(whole_number(item, 0, LARGEST_SEED) for item in split_list(str(value)))
        except ValueError as error:
            raise UserError(f"--seeds: {error}") from None


class Device(click.ParamType[str]):
    """`auto`, `cpu`, `cuda`, `cuda:N` or `mps`."""

    name = "device"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not DEVICE.fullmatch(str(value)):
            raise UserError(
                f"--device {value}: give auto, cpu, mps, cuda or, to choose among GPUs, cuda:0,"
                " cuda:1 and so on"
            )
        return str(value)


class Precision(click.ParamType[str]):
    """`auto` or `fp32`."""

    name = "precision"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in ("auto", "fp32"):
            raise UserError(
                f"--precision {value}: give auto, which is bfloat16 where the hardware multiplies"
                " it, or fp32"
            )
        return str(value)
