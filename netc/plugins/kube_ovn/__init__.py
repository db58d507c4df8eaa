"""What netc knows of kube-ovn."""

from netc.plugins import PluginInfo

PLUGIN = PluginInfo(
    name="kube-ovn",
    kind="interface",
    summary="Connects a container to a logical switch of OVN, by the daemon of the host.",
    docs="https://kubeovn.github.io/docs/",
    project="Kube-OVN",
)
