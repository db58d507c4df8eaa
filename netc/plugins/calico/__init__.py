"""What netc knows of calico."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="calico",
    kind="interface",
    summary="Connects a container by a routed veth pair, with policy from Calico.",
    docs="https://docs.tigera.io/calico/latest/reference/configure-cni-plugins",
    project="Calico",
    capabilities=frozenset({"dns"}),
)
