"""What sriov refuses."""

from __future__ import annotations

from collections.abc import Iterator

from netc.diagnostics import Severity
from netc.model import Network, Plugin
from netc.rules import Violation, plugin_rule


@plugin_rule("NC495", "sriov-tag-without-vlan", Severity.ERROR, plugin="sriov")
def tag_without_vlan(plugin: Plugin, _: Network) -> Iterator[Violation]:
    """`vlanQoS` or `vlanProto` asks for a tag that a `vlan` of 0 does not have.

    Why:
        A virtual function outside of any VLAN sends its packets without a tag, so there is nothing that could hold the
        priority. sriov refuses every ADD.

    Bad:
        network n { plugin sriov { vlan = 0, vlanQoS = 3 } }

    Good:
        network n { plugin sriov { vlan = 100, vlanQoS = 3 } }

    Source:
        SR-IOV CNI: `non-zero vlan id must be configured to set vlan QoS to a non-zero value`.
    """
    if plugin.body.get("vlan") != 0:
        return
    priority, protocol = plugin.body.get("vlanQoS"), plugin.body.get("vlanProto")
    if isinstance(priority, int) and priority > 0:
        yield Violation("/vlanQoS", "vlanQoS is for tagged packets, vlan 0 has none", "choose a vlan, or leave it out")
    if isinstance(protocol, str) and protocol.lower() == "802.1ad":
        yield Violation("/vlanProto", "802.1ad is a tag, vlan 0 has none", "choose a vlan, or leave it out")
