"""What netc knows of multus."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="multus",
    kind="interface",
    summary="Calls the cluster's network plugin, and one more for each network that a pod asks for.",
    docs="https://github.com/k8snetworkplumbingwg/multus-cni/blob/master/docs/configuration.md",
    project="Multus",
    capabilities=frozenset(
        {"CNIDeviceInfoFile", "bandwidth", "deviceID", "infinibandGUID", "ips", "mac", "portMappings"}
    ),
)
