"""What netc knows of host-device."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="host-device",
    kind="interface",
    summary="Moves an interface of the host into the container, and back at the end.",
    docs="https://www.cni.dev/plugins/current/main/host-device/",
    capabilities=frozenset({"deviceID"}),
)
