"""What netc knows of tuning."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="tuning",
    kind="meta",
    summary="Sets sysctls, MAC address, MTU and flags of the container's interface.",
    docs="https://www.cni.dev/plugins/current/meta/tuning/",
    capabilities=frozenset({"mac"}),
)
