"""The codes of what becomes of existing files that netc can't take over word by word."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule

REFUSED = Rule(
    "NC170",
    "not-adopted",
    Severity.ERROR,
    "syntax",
    """A configuration that can't be said in netc: it is left out, and nothing else is.

Why:
    netc describes networks of plugins with a type. What has no such plugins, or gets them from a template that is yet
    to be filled in, describes none.

Bad:
    { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "bridge": "cni0" } ] }

Good:
    { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge", "bridge": "cni0" } ] }

Source:
    docs/adopt.md
""",
)

CHANGED = Rule(
    "NC171",
    "adopted-otherwise",
    Severity.WARNING,
    "syntax",
    """A key or value is adopted as Go reads it, not as it is written, since netc has no way to say it.

Why:
    A key with null is to every reader of a configuration a key that is not there, and in netc `null` leaves a key out.
    A number beyond 2^128 is read as the nearest number of 64 bits, and half of a character as the replacement
    character. A list has a name, and each of its plugins a type in small letters.

Bad:
    { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge", "mtu": null } ] }

Good:
    { "cniVersion": "1.0.0", "name": "pods", "plugins": [ { "type": "bridge" } ] }

Source:
    docs/adopt.md; Go's encoding/json.
""",
)
