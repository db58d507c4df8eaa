"""What netc knows of loopback."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="loopback",
    kind="interface",
    summary="Sets the loopback interface up.",
    docs="https://www.cni.dev/plugins/current/main/loopback/",
)
