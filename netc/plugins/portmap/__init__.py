"""What netc knows of portmap."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="portmap",
    kind="meta",
    summary="Forwards ports of the host to the container.",
    docs="https://www.cni.dev/plugins/current/meta/portmap/",
    capabilities=frozenset({"portMappings"}),
)
