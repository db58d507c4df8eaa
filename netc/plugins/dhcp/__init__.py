"""What netc knows of dhcp."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="dhcp",
    kind="ipam",
    summary="Asks the network's DHCP server for an address, and keeps it by a daemon on the host.",
    docs="https://www.cni.dev/plugins/current/ipam/dhcp/",
)
