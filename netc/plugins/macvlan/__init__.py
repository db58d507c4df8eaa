"""What netc knows of macvlan."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="macvlan",
    kind="interface",
    summary="Gives each container a MAC address of its own on an interface of the host.",
    docs="https://www.cni.dev/plugins/current/main/macvlan/",
    capabilities=frozenset({"mac"}),
    modules=("macvlan",),
)
