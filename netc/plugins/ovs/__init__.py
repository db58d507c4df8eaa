"""What netc knows of ovs."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="ovs",
    kind="interface",
    summary="Connects a container to a bridge of Open vSwitch by a veth pair, or by a virtual function.",
    docs="https://github.com/k8snetworkplumbingwg/ovs-cni",
    project="ovs-cni",
    capabilities=frozenset({"mac"}),
)
