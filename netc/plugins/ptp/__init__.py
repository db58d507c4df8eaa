"""What netc knows of ptp."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="ptp",
    kind="interface",
    summary="Connects each container to the host by a link of its own.",
    docs="https://www.cni.dev/plugins/current/main/ptp/",
    modules=("veth",),
)
