"""The grammar every plugin kind shares: `name[:value…][:key=value…]`; a comma separates specs.

A spec has one canonical text (`str(spec)`), which feeds keys, hashes and tables.
"""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from denoisebench.errors import UserError, shortened, unknown_name
from denoisebench.outside_text import printable

LARGEST_WHOLE = 2**63 - 1
"""The largest whole number that is taken anywhere."""

LARGEST_SEED = 2**32 - 1
"""Of larger ones torch's generator on the CPU would take the last 32 bits, so that two are one."""

_MOST_DIGITS = len(str(LARGEST_WHOLE)) + 1  # and a sign
_WHOLE = re.compile(r"-?[0-9]+")
_NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed spec.  values: those without a key.  options: (key, value), sorted by key.

    >>> Spec("gaussian", ("25",))
    Spec(name='gaussian', values=('25',), options=())
    >>> str(Spec("tv", options=(("weight", "0.1"),)))
    'tv:weight=0.1'
    """

    name: str
    values: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return ":".join([self.name, *self.values, *(f"{k}={v}" for k, v in self.options)])


def parse_spec(text: str) -> Spec:
    """Parse one spec.  Raises UserError when it is empty, has an empty part or a repeated key.

    >>> parse_spec("my-method:24:loss=mse")
    Spec(name='my-method', values=('24',), options=(('loss', 'mse'),))
    """
    name, *parts = [part.strip() for part in text.strip().split(":")]
    if not name or not all(parts) or "=" in name:
        raise UserError(f"{text!r} is not a spec; write name[:value...][:key=value...]")
    if printable(text) != text:
        raise UserError(
            f"{shortened(text)} holds characters that cannot be shown; give a name without them"
        )
    values: list[str] = []
    options: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            if options:
                raise UserError(f"{text!r}: the plain value {part!r} follows a key=value")
            values.append(part)
        elif not key or not value or key in options:
            raise UserError(f"{text!r}: {part!r} is not a new key=value")
        else:
            options[key] = value
    return Spec(name, tuple(values), tuple(sorted(options.items())))


def split_list(text: str) -> list[str]:
    """Split a comma-separated list of specs, in order.  UserError on an empty or doubled item."""
    items = [item.strip() for item in text.split(",")]
    if not all(items):
        raise UserError(f"{text!r} has an empty item; write a,b,c")
    doubled = sorted(item for item, times in Counter(items).items() if times > 1)
    if doubled:
        raise UserError(f"{text!r} names {doubled[0]!r} twice")
    return items


def number_text(value: float) -> str:
    """The canonical text of a number in a spec.

    >>> number_text(25.0), number_text(0.01), number_text(1e-5)
    ('25', '0.01', '1e-05')
    """
    return f"{value:.10g}"


def whole_number(text: str, least: int = -LARGEST_WHOLE, greatest: int = LARGEST_WHOLE) -> int:
    """The whole number in decimal digits that a text is.  Raises ValueError for any other text, and
    for a number that is not in least..greatest."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{shortened(text)} is not a whole number")
    if len(text) > _MOST_DIGITS or not least <= int(text) <= greatest:
        raise ValueError(f"{shortened(text)} is not in {least}..{greatest}")
    return int(text)


def number(text: str) -> float:
    """The number in decimal digits that a text is: 25, 0.01, 1e-5.

    Raises ValueError for any other text, and for a number that is too large for a float.

    >>> number("1e-5")
    1e-05
    """
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueError(f"{shortened(text)} is not a number")
    return value + 0.0  # -0 is 0


@dataclass(frozen=True, slots=True)
class Between:
    """The bounds of a number in a config.  `build_config` refuses one beyond them.

    They stand in an annotation, so they change no id.

    >>> @dataclass(frozen=True)
    ... class Config:
    ...     weight: Annotated[float, Between(0.1, 10.0)] = 0.8
    >>> build_config(Config, parse_spec("my-method:weight=50"))
    Traceback (most recent call last):
    denoisebench.errors.UserError: my-method.weight: '50' is not in 0.1..10
    """

    least: float
    greatest: float


def _truth(text: str) -> bool:
    words = {"true": True, "false": False}
    if text.lower() not in words:
        raise ValueError(f"{shortened(text)} is not true or false")
    return words[text.lower()]


_PARSERS: dict[Any, Callable[[str], Any]] = {
    int: whole_number,
    float: number,
    str: str,
    bool: _truth,
}


ConfigT = TypeVar("ConfigT")
"""The type of a method's config.

>>> def describe(method: Method[ConfigT], config: ConfigT) -> str:
...     return f"{config_spec(method.name, config)}: {method.evidence(config)}"
"""


@dataclass(frozen=True, slots=True)
class NoSettings:
    """The config of a method without settings.

    >>> build_config(NoSettings, parse_spec("my-method"))
    NoSettings()
    """


def build_config(cls: type[ConfigT], spec: Spec) -> ConfigT:
    """A config of the frozen dataclass `cls` with the options of `spec`.

    Every field has a default.  Its type is int, float, str, bool, a choice of words, as in
    `loss: Literal["mse", "mae"] = "mse"`, or a number with bounds, as in
    `weight: Annotated[float, Between(0.1, 10.0)] = 0.8`.  Raises UserError, naming `method.field`,
    for an unknown field, for a value that does not parse, and when the dataclass raises ValueError.

    >>> @dataclass(frozen=True)
    ... class Config:
    ...     loss: Literal["mse", "mae"] = "mse"
    >>> build_config(Config, parse_spec("my-method:loss=mae")).loss
    'mae'
    """
    if spec.values:
        raise UserError(f"{spec}: {spec.values[0]!r} is not key=value")
    kinds = get_type_hints(cls, include_extras=True)
    given: dict[str, Any] = {}
    for key, text in spec.options:
        if key not in kinds:
            raise unknown_name(f"setting of {spec.name}", key, kinds)
        try:
            given[key] = _parsed(kinds[key], text)
        except ValueError as error:
            raise UserError(f"{spec.name}.{key}: {error}") from None
    try:
        return cls(**given)
    except ValueError as error:
        raise UserError(f"{spec.name}.{error}") from None


def _parsed(kind: Any, text: str) -> Any:
    """The value of a field.  Raises ValueError for a text that is no such value."""
    if get_origin(kind) is not Annotated:
        words = _words(kind)
        if words and text not in words:
            raise ValueError(f"{shortened(text)} is none of {', '.join(words)}")
        return text if words else _PARSERS[kind](text)
    plain, bounds = get_args(kind)
    value = _parsed(plain, text)
    if not bounds.least <= value <= bounds.greatest:
        least, greatest = number_text(bounds.least), number_text(bounds.greatest)
        raise ValueError(f"{shortened(text)} is not in {least}..{greatest}")
    return value


def refuse_unknown_words(config: object) -> None:
    """Raise ValueError for a `Literal` field of a config dataclass that holds none of its words.

    `build_config` calls it for specs.  For configs that Python code makes, call it first in
    `__post_init__`.

    >>> @dataclass(frozen=True)
    ... class Config:
    ...     loss: Literal["mse", "mae"] = "mse"
    >>> refuse_unknown_words(Config(loss="l2"))
    Traceback (most recent call last):
    ValueError: loss: 'l2' is none of mse, mae
    """
    for field, kind in get_type_hints(type(config)).items():
        value, words = getattr(config, field), _words(kind)
        if words and value not in words:
            raise ValueError(f"{field}: {value!r} is none of {', '.join(words)}")


def _words(kind: Any) -> tuple[str, ...]:
    """The words of a `Literal`; none for any other type."""
    return get_args(kind) if get_origin(kind) is Literal else ()


def config_spec(name: str, config: Any) -> Spec:
    """The canonical spec of `name` with `config`: only the fields that differ from their defaults.

    >>> @dataclass(frozen=True)
    ... class Config:
    ...     loss: str = "mse"
    ...     power: float = 2.0
    >>> str(config_spec("my-method", Config(power=0.5)))
    'my-method:power=0.5'
    """
    options = {
        field.name: getattr(config, field.name)
        for field in fields(config)
        if getattr(config, field.name) != field.default
    }
    texts = {k: number_text(v) if isinstance(v, float) else str(v) for k, v in options.items()}
    return Spec(name, (), tuple(sorted(texts.items())))
