"""Protocols: the frozen rules by which an estimate is scored against its clean image.

A protocol's label (`float-1`) is part of every result.  Rules never change under a label: another
rule is another name or a higher version.  To see what one rule is worth, a setting changes it, as
`float:noisy=8-bit`, and the label carries it: `float-1:noisy=8-bit`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from denoisebench.errors import UserError, unknown_name
from denoisebench.scoring.protocol import Protocol
from denoisebench.scoring.protocol_text import BORDER, CHOICES, setting_words
from denoisebench.specs import Spec, parse_spec, whole_number

WIDEST_BORDER = 10_000
"""Pixels; that of an image must also leave some of it."""

FLOAT = Protocol(
    name="float",
    version=1,
    summary="float noisy input, not clipped; estimate clipped to [0, 1]; whole RGB or gray image",
)


def parse_protocol(text: str, known: Mapping[str, Protocol]) -> Protocol:
    """The protocol of a spec: a name, and perhaps settings, as `float:noisy=8-bit:border_px=4`.

    known: by name.  Raises UserError for a name or a setting that there is not, or a value that it
    cannot have.
    """
    spec = parse_spec(text)
    if spec.name not in known:
        raise unknown_name("protocol", spec.name, known)
    if spec.values:
        raise UserError(f"protocol {spec}: {spec.values[0]!r} is not setting=value")
    base = known[spec.name]
    values = {key: _value(spec, key, text) for key, text in spec.options}
    values = {key: value for key, value in values.items() if value != getattr(base, key)}
    if not values:
        return base
    changes = tuple((key, str(value)) for key, value in values.items())
    made = replace(base, changes=changes, **values)
    words = "; ".join(f"{key.replace('_', ' ')}: {setting_words(made, key)}" for key in values)
    return replace(made, summary=f"{base.summary}; but {words}")


def labelled(label: str, known: Mapping[str, Protocol]) -> Protocol | None:
    """The protocol that results call `label`; None for an unknown label."""
    head, colon, settings = label.partition(":")
    try:
        protocol = parse_protocol(f"{head.rpartition('-')[0]}{colon}{settings}", known)
    except UserError:
        return None
    return protocol if str(protocol) == label else None


def _value(spec: Spec, key: str, text: str) -> Any:
    """The value of a setting.  Raises UserError for an impossible setting."""
    if key == BORDER:
        try:
            return whole_number(text, 0, WIDEST_BORDER)
        except ValueError as error:
            raise UserError(f"protocol {spec}: {key}: {error}") from None
    if key not in CHOICES:
        raise unknown_name("setting of a protocol", key, (*CHOICES, BORDER))
    if text not in CHOICES[key]:
        raise UserError(f"protocol {spec}: {key} is {' or '.join(CHOICES[key])}, not {text!r}")
    return text
