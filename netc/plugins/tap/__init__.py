"""What netc knows of tap."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="tap",
    kind="interface",
    summary="Makes a tap device in the container, for a program such as a virtual machine's monitor.",
    docs="https://www.cni.dev/plugins/current/main/tap/",
    capabilities=frozenset({"mac"}),
    modules=("tun",),
    since="1.3.0",
)
