"""What netc knows of bridge."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="bridge",
    kind="interface",
    summary="Connects each container to a bridge on the host.",
    docs="https://www.cni.dev/plugins/current/main/bridge/",
    capabilities=frozenset({"mac"}),
    modules=("bridge", "veth"),
)
