"""What netc knows of ipvlan."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="ipvlan",
    kind="interface",
    summary="Gives each container addresses of its own on an interface of the host, whose MAC address they share.",
    docs="https://www.cni.dev/plugins/current/main/ipvlan/",
    modules=("ipvlan",),
)
