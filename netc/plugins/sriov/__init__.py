"""What netc knows of sriov."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="sriov",
    kind="interface",
    summary="Moves a virtual function of a network card into the container.",
    docs="https://github.com/k8snetworkplumbingwg/sriov-cni",
    project="SR-IOV CNI",
    capabilities=frozenset({"mac"}),
)
