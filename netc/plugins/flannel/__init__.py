"""What netc knows of flannel."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="flannel",
    kind="interface",
    summary="Reads the host's subnet from flanneld and delegates to bridge, or to another plugin, with it.",
    docs="https://github.com/flannel-io/cni-plugin",
    project="flannel",
    capabilities=frozenset({"aliases", "bandwidth", "dns", "ipRanges", "ips", "mac", "portMappings"}),
)
