"""What netc knows of dummy."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="dummy",
    kind="interface",
    summary="Gives each container an interface with addresses that leads nowhere.",
    docs="https://www.cni.dev/plugins/current/main/dummy/",
    modules=("dummy",),
    since="1.2.0",
)
