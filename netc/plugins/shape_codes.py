"""The codes of `netc.plugins.shape`: keys and values that a plugin does not decode."""

from __future__ import annotations

from netc.diagnostics import Severity
from netc.diagnostics.rule import Rule

UNKNOWN_KEY = Rule(
    "NC401",
    "unknown-key",
    Severity.ERROR,
    "network",
    """A key that the plugin does not read.

Why:
    Plugins ignore what they do not know, without a word: a misspelt `isGateway` leaves pods without a gateway, and
    nothing says so. The same goes for a key that another plugin, the IPAM plugin or the list level reads.

Bad:
    network n { plugin bridge { isGatway = true } }

Good:
    network n { plugin bridge { isGateway = true } }

Source:
    The CNI specification, section 1: plugins must ignore keys that they do not understand.
""",
)

WRONG_TYPE = Rule(
    "NC402",
    "wrong-json-type",
    Severity.ERROR,
    "network",
    """A value of another JSON type than the plugin decodes.

Why:
    The plugin refuses to load the whole configuration, on the node, when the first pod starts.

Bad:
    network n { plugin bridge { mtu = "1400" } }

Good:
    network n { plugin bridge { mtu = 1400 } }

Source:
    Go's encoding/json: `cannot unmarshal string into Go struct field NetConf.mtu of type int`.
""",
)

MISSING_KEY = Rule(
    "NC403",
    "missing-key",
    Severity.ERROR,
    "network",
    """A key is missing that the plugin can't work without.

Why:
    Every ADD fails, and for some plugins every DEL too.

Bad:
    network n { plugin bridge { ipam { subnet = 10.1.0.0/24 } } }

Good:
    network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/24 } } }

Source:
    The plugin's documentation, and for `type` the CNI specification, section 1.
""",
)

WRONG_VALUE = Rule(
    "NC404",
    "wrong-value",
    Severity.ERROR,
    "network",
    """A value of the right type that the plugin or the kernel refuses.

Why:
    Out of the range, none of the words the key takes, or a name that no interface can have: ADD fails on the node.

Bad:
    network n { plugin bridge { vlan = 4095 } }

Good:
    network n { plugin bridge { vlan = 100 } }

Source:
    The plugin's documentation; for interface names the kernel (15 bytes, no `/`, no blank).
""",
)

UNKNOWN_PLUGIN = Rule(
    "NC405",
    "unknown-plugin",
    Severity.WARNING,
    "network",
    """netc's catalogue does not have this plugin.

Why:
    A plugin of somebody else's passes through whole, so nothing in it is checked; a misspelt name looks just the same.

Bad:
    network n { plugin brigde { bridge = "cni0" } }

Good:
    network n { plugin bridge { bridge = "cni0" } }

Source:
    The CNI specification, section 1: `type` names a binary in CNI_PATH.
""",
)

UNHEARD_KEY = Rule(
    "NC409",
    "unheard-key",
    Severity.WARNING,
    "network",
    """A key that a plugin of another project does not read, as far as netc has heard.

Why:
    Plugins ignore what they do not know, without a word. Projects outside of the reference plugins release at their own
    pace, so the key may also be newer than netc.

Bad:
    network n { plugin macvlan { master = "eth0", ipam whereabouts { range = 10.1.0.0/16, excludes = [10.1.0.0/28] } } }

Good:
    network n { plugin macvlan { master = "eth0", ipam whereabouts { range = 10.1.0.0/16, exclude = [10.1.0.0/28] } } }

Source:
    The structs that the projects' sources decode the configuration into.
""",
)

BAD_ADDRESS = Rule(
    "NC201",
    "bad-address",
    Severity.ERROR,
    "network",
    """A string that is no address, no network, or not the kind that the key takes.

Why:
    The plugin refuses the configuration when the first pod starts. As a literal, without quotes, a bad address is
    found where it is written.

Bad:
    network n { plugin bridge { ipam host-local { subnet = 10.1.0.5/16 } } }

Good:
    network n { plugin bridge { ipam host-local { subnet = 10.1.0.0/16 } } }

Source:
    The host-local plugin: `Network has host bits set`.
""",
)

RULES = (UNKNOWN_KEY, WRONG_TYPE, MISSING_KEY, WRONG_VALUE, UNKNOWN_PLUGIN, UNHEARD_KEY, BAD_ADDRESS)
