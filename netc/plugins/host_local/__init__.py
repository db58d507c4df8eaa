"""What netc knows of host-local."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="host-local",
    kind="ipam",
    summary="Hands out addresses from ranges, and keeps the leases in files of the host.",
    docs="https://www.cni.dev/plugins/current/ipam/host-local/",
    capabilities=frozenset({"ips", "ipRanges"}),
)
