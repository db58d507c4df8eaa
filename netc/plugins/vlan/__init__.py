"""What netc knows of vlan."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="vlan",
    kind="interface",
    summary="Puts the container into a VLAN of one of the host's interfaces.",
    docs="https://www.cni.dev/plugins/current/main/vlan/",
    modules=("8021q",),
)
