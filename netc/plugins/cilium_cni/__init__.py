"""What netc knows of cilium-cni."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="cilium-cni",
    kind="interface",
    summary="Hands containers to the Cilium agent of the host.",
    docs="https://docs.cilium.io/en/stable/network/kubernetes/configuration/",
    project="Cilium",
)
