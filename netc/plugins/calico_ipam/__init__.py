"""What netc knows of calico-ipam."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="calico-ipam",
    kind="ipam",
    summary="Hands out addresses from Calico's pools.",
    docs="https://docs.tigera.io/calico/latest/reference/configure-cni-plugins",
    project="Calico",
)
