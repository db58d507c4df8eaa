"""What netc knows of bond."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="bond",
    kind="interface",
    summary="Bonds interfaces of the container to one.",
    docs="https://github.com/k8snetworkplumbingwg/bond-cni",
    project="bond-cni",
    modules=("bonding",),
)
