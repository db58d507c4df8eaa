"""The codes of what lowering a value to JSON can find."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule


def _code(code: str, name: str, doc: str) -> Rule:
    return Rule(code, name, Severity.ERROR, "syntax", doc)


UNIT = _code(
    "NC160",
    "wrong-unit",
    """A quantity stands under a key that takes no unit, or another kind of unit.

Why:
    A plugin reads a bare number and takes it for bits, bytes or bits per second as it was written to. netc converts a
    quantity to what the key counts in, and refuses where the unit can't be meant: bytes for a rate in bits.

Bad:
    network n {
      plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } }
      plugin bandwidth { ingressRate = 8MB, ingressBurst = 8MB }
    }

Good:
    network n {
      plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } }
      plugin bandwidth { ingressRate = 64mbit, ingressBurst = 8MB }
    }

Source:
    The bandwidth plugin's documentation: rates and bursts are integers, in bits.
""",
)

NO_JSON = _code(
    "NC161",
    "no-json-form",
    """A value stands under a key that has no JSON form there: a range or a duration.

Why:
    A conflist has no ranges: plugins take the two ends under keys of their own. Durations are for `within` in tests.

Bad:
    network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/24, rangeStart = 10.1.0.10-10.1.0.99 } } }

Good:
    network n {
      plugin bridge { ipam host-local { subnet = 10.1.0.0/24, rangeStart = 10.1.0.10, rangeEnd = 10.1.0.99 } }
    }

Source:
    The CNI specification, section 1: a configuration is JSON.
""",
)

NODE = _code(
    "NC162",
    "node-folder",
    """`meta { node }` can't be the name of a folder.

Why:
    A network's file is written to `out/NODE/`, and nowhere else than below the output folder.

Bad:
    network n { meta { node = "../n1" }, plugin loopback { } }

Good:
    network n { meta { node = "n1" }, plugin loopback { } }

Source:
    netc writes one folder per node.
""",
)

FINAL = _code(
    "NC169",
    "invalid-conflist",
    """The finished JSON does not satisfy the plugin's JSON Schema.

Why:
    Every conflist is validated once more, as a whole, before it is written: nothing leaves netc invalid. A mistake is
    normally found earlier, with a better message.

Bad:
    network n { plugin bridge { mtu = "big" } }

Good:
    network n { plugin bridge { mtu = 1400 } }

Source:
    The plugin's schema in netc's catalogue (`netc explain bridge`).
""",
)
