"""What netc knows of spiderpool."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="spiderpool",
    kind="ipam",
    summary="Hands out addresses for a whole cluster, from the pools of Spiderpool.",
    docs="https://spidernet-io.github.io/spiderpool/latest/reference/plugin-ipam/",
    project="Spiderpool",
    versions=("0.3.0", "0.3.1", "0.4.0", "1.0.0"),
)
