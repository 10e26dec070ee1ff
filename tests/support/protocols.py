"""The protocols of the suite, for tests."""

from functools import partial

from denoisebench.registry.loader import load
from denoisebench.scoring import protocols

PROTOCOLS = load().protocols
get_protocol = partial(protocols.parse_protocol, known=PROTOCOLS)
labelled = partial(protocols.labelled, known=PROTOCOLS)
