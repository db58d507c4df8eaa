"""What netc knows of whereabouts."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="whereabouts",
    kind="ipam",
    summary="Hands out addresses for a whole cluster, from a range that Kubernetes keeps the book of.",
    docs="https://github.com/k8snetworkplumbingwg/whereabouts",
    project="whereabouts",
)
