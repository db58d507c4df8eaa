"""What netc knows of dnsname."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="dnsname",
    kind="meta",
    summary="Runs a dnsmasq for a network, which knows its containers by name.",
    docs="https://github.com/containers/dnsname",
    project="dnsname",
    capabilities=frozenset({"aliases"}),
)
