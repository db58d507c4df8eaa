"""What netc knows of static."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="static",
    kind="ipam",
    summary="Gives each container the addresses that are written down.",
    docs="https://www.cni.dev/plugins/current/ipam/static/",
    capabilities=frozenset({"ips"}),
    since="0.8.0",
)
