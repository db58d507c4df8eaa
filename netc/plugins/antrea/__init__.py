"""What netc knows of antrea."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="antrea",
    kind="interface",
    summary="Connects a container to Antrea's bridge, by the agent of the host.",
    docs="https://antrea.io/docs/main/docs/secondary-network/",
    project="Antrea",
    capabilities=frozenset({"dns"}),
)
