"""The grammar every plugin kind shares: `name[:value…][:key=value…]`; a comma separates specs.

A spec has one canonical text (`str(spec)`), which feeds keys, hashes and tables.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar, get_type_hints

from denoisebench.errors import UserError, unknown_name


@dataclass(frozen=True, slots=True)
class Spec:
    """A parsed spec: `gaussian:25` is Spec("gaussian", ("25",), ())."""

    name: str
    values: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return ":".join([self.name, *self.values, *(f"{k}={v}" for k, v in self.options)])


def parse_spec(text: str) -> Spec:
    """Parse one spec.  Raises UserError when it is empty, has an empty part or a doubled key."""
    name, *parts = [part.strip() for part in text.strip().split(":")]
    if not name or not all(parts) or "=" in name:
        raise UserError(f"{text!r} is not a spec; write name[:value...][:key=value...]")
    values: list[str] = []
    options: dict[str, str] = {}
    for part in parts:
        key, equals, value = part.partition("=")
        if not equals:
            if options:
                raise UserError(f"{text!r}: the plain value {part!r} stands behind a key=value")
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
    doubled = sorted({item for item in items if items.count(item) > 1})
    if doubled:
        raise UserError(f"{text!r} names {doubled[0]!r} twice")
    return items


def number_text(value: float) -> str:
    """The canonical text of a number in a spec: 25, 0.01, 1e-05."""
    return f"{value:.10g}"


def _parse_bool(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


_PARSERS: dict[Any, Callable[[str], Any]] = {int: int, float: float, str: str, bool: _parse_bool}


ConfigT = TypeVar("ConfigT")


def build_config(cls: type[ConfigT], spec: Spec) -> ConfigT:
    """A frozen config dataclass from `spec`'s options; every field has a default of a plain type.

    Raises UserError, naming `method.field`, for an unknown field, a value that does not parse,
    and whatever the dataclass itself refuses with ValueError.
    """
    if spec.values:
        raise UserError(f"{spec}: {spec.values[0]!r} is not key=value")
    types = get_type_hints(cls)
    given: dict[str, Any] = {}
    for key, text in spec.options:
        if key not in types:
            raise unknown_name(f"setting of {spec.name}", key, types)
        try:
            given[key] = _PARSERS[types[key]](text)
        except (KeyError, ValueError):
            kind = getattr(types[key], "__name__", types[key])
            raise UserError(f"{spec.name}.{key}: {text!r} is not a {kind}") from None
    try:
        return cls(**given)
    except ValueError as error:
        raise UserError(f"{spec.name}.{error}") from None


def config_spec(name: str, config: Any) -> Spec:
    """The canonical spec of `name` with `config`: only what differs from the defaults."""
    options = {
        field.name: getattr(config, field.name)
        for field in fields(config)
        if getattr(config, field.name) != field.default
    }
    texts = {k: number_text(v) if isinstance(v, float) else str(v) for k, v in options.items()}
    return Spec(name, (), tuple(sorted(texts.items())))
