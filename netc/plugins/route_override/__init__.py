"""What netc knows of route-override."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="route-override",
    kind="meta",
    summary="Deletes and adds routes that plugins before it made.",
    docs="https://github.com/openshift/route-override-cni",
    project="route-override",
)
